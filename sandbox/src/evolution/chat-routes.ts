import type { WAMessageKey, WAPresence } from 'baileys';
import { Failure, failure, missing, ofLibrary } from './failures.ts';
import type { Generation } from './protocol.ts';
import { fieldsOf, type Handler, jidOf, textOf, the } from './call.ts';

export function chatRoutes(generation: Generation): [string, Handler][] {
  return [
    ['POST chat/whatsappNumbers', whatsappNumbers],
    [`${generation === 'v1' ? 'PUT' : 'POST'} chat/markMessageAsRead`, markAsRead(generation)],
    ['POST chat/sendPresence', sendPresence(generation)],
    ['POST chat/findMessages', findMessages(generation)],
    ['POST chat/fetchBusinessProfile', fetchBusinessProfile],
    [`${generation === 'v1' ? 'PUT' : 'POST'} chat/updateMessage`, updateMessage],
    ['DELETE chat/deleteMessageForEveryone', deleteForEveryone],
  ];
}

async function asked<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof Failure ? error : ofLibrary(error);
  }
}

/** Of a client that is not connected this route tells all that the library says. */
const CLOSED = {
  ...{ data: null, isBoom: true, isServer: false },
  output: {
    statusCode: 428,
    payload: { statusCode: 428, error: 'Precondition Required', message: 'Connection Closed' },
    headers: {},
  },
};

const whatsappNumbers: Handler = async ({ asked: { body }, instance }) => {
  const numbers = fieldsOf(body)['numbers'];
  if (!Array.isArray(numbers)) throw missing('numbers');
  const known = the(instance);
  if (known.state !== 'open') return { status: 400, body: CLOSED };
  const socket = known.socket();
  const found = await asked(socket.onWhatsApp(...numbers.map(String).map(jidOf)));
  return {
    status: 200,
    body: numbers.map(String).map((number) => {
      const one = found?.find(({ jid }) => jid === jidOf(number));
      return { jid: jidOf(number), exists: one?.exists ?? false, number: number.replace(/@.*/, '') };
    }),
  };
};

/** 1.8 spells the list otherwise. */
function markAsRead(generation: Generation): Handler {
  return async ({ asked: { body }, instance }) => {
    const list = fieldsOf(body)[generation === 'v1' ? 'read_messages' : 'readMessages'];
    if (!Array.isArray(list)) throw missing(generation === 'v1' ? 'read_messages' : 'readMessages');
    await asked(
      the(instance)
        .socket()
        .readMessages(list as WAMessageKey[]),
    );
    return { status: 201, body: { message: 'Read messages', read: 'success' } };
  };
}

function sendPresence(generation: Generation): Handler {
  return async ({ asked: { body }, instance }) => {
    const fields = fieldsOf(body);
    const { delay, presence } = generation === 'v1' ? fieldsOf(fields['options']) : fields;
    if (typeof fields['number'] !== 'string') throw missing('number');
    const socket = the(instance).socket();
    const to = jidOf(fields['number']);
    await asked(socket.sendPresenceUpdate(String(presence) as WAPresence, to));
    await new Promise((resolve) => setTimeout(resolve, Number(delay ?? 0)));
    await asked(socket.sendPresenceUpdate('paused', to));
    return { status: 201, body: { presence } };
  };
}

function findMessages(generation: Generation): Handler {
  return ({ asked: { body }, instance }) => {
    const fields = fieldsOf(body);
    const range = fieldsOf(fieldsOf(fields['where'])['messageTimestamp']);
    const since = typeof range['gte'] === 'string' ? Date.parse(range['gte']) / 1000 : 0;
    const records = the(instance)
      .messages()
      .filter(({ view }) => view.messageTimestamp >= since)
      .map(({ view, status }) => ({ ...view, status: undefined, MessageUpdate: status === null ? [] : [{ status }] }));
    if (generation === 'v1') return { status: 200, body: records };
    const size = Number(fields['offset'] ?? 50);
    const page = Number(fields['page'] ?? 1);
    return {
      status: 200,
      body: {
        messages: {
          total: records.length,
          pages: Math.ceil(records.length / size),
          currentPage: page,
          records: records.slice((page - 1) * size, page * size),
        },
      },
    };
  };
}

const fetchBusinessProfile: Handler = async ({ asked: { body }, instance }) => {
  const number = textOf(fieldsOf(body)['number']);
  const socket = the(instance).socket();
  const profile = await asked(socket.getBusinessProfile(jidOf(number)));
  if (profile) return { status: 200, body: { isBusiness: true, ...profile } };
  return { status: 200, body: { isBusiness: false, message: 'Not is business profile', jid: jidOf(number), number } };
};

const updateMessage: Handler = async ({ asked: { body }, instance: given }) => {
  const instance = the(given);
  const { key, text, number } = fieldsOf(body);
  if (typeof text !== 'string' || typeof number !== 'string') throw missing('text');
  const edited = await instance.send((socket) =>
    socket.sendMessage(jidOf(number), { text, edit: key as WAMessageKey }),
  );
  return { status: 200, body: edited };
};

const deleteForEveryone: Handler = async ({ asked: { body }, instance: given }) => {
  const instance = the(given);
  const { id, remoteJid, fromMe, participant } = fieldsOf(body);
  if (typeof id !== 'string' || typeof remoteJid !== 'string') throw missing('id');
  if (typeof fromMe !== 'boolean') throw failure(400, [['instance requires property "fromMe"']]);
  const key = { id, remoteJid, fromMe, ...(typeof participant === 'string' && { participant }) };
  return { status: 201, body: await instance.send((socket) => socket.sendMessage(remoteJid, { delete: key })) };
};
