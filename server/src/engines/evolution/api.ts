/** What is asked of an Evolution API server, in either generation. Everything rejects with `RemoteFailure`. */
import { z } from 'zod';
import type { NumberLookUp, OutgoingMessage } from '../../ports/engine.ts';
import { fileIn } from './base64-answer.ts';
import { type Remote, RemoteFailure } from './client.ts';
import {
  createBody,
  type Generation,
  groupMethod,
  isWebhookSet,
  messagesBody,
  presenceBody,
  readBody,
  restartMethod,
  webhookBody,
  type Wording,
} from './dialect.ts';
import { sendWording } from './wording.ts';

export type RemoteState = 'open' | 'connecting' | 'close';

/** An instance as the list of the server shows it. `endedBy`: WhatsApp's code that ended its link, where the server remembers it. */
export type RemoteInstance = {
  name: string;
  ownerJid: string | null;
  profileName: string | null;
  endedBy: number | null;
};

/** What `connect` answers: the codes to scan and to type, that it is linked already, or neither yet. */
export type Connecting = { qr: string | null; pairingCode: string | null; isOpen: boolean };

export type EvolutionApi = {
  readonly generation: Generation;
  list(): Promise<RemoteInstance[]>;
  find(name: string): Promise<RemoteInstance | null>;
  create(name: string, hook: string): Promise<void>;
  state(name: string): Promise<RemoteState>;
  /** `phoneNumber`: that a code is to be typed on; it counts only where the client of the instance is not running yet. */
  connect(name: string, phoneNumber: string | null): Promise<Connecting>;
  restart(name: string): Promise<void>;
  logOut(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  isHookSet(name: string, hook: string): Promise<boolean>;
  setHook(name: string, hook: string): Promise<void>;
  /** One of the routes of groups, by its name. */
  group(name: string, action: string, query: Readonly<Record<string, string>>, body: object | null): Promise<unknown>;
  /** What others see us do in a chat. It is over after `ms`, and answered then. */
  showTyping(name: string, chat: string, state: 'composing' | 'recording' | 'paused', ms: number): Promise<void>;
  /** The id that WhatsApp knows it by; null: it cannot be said here. */
  send(
    name: string,
    message: OutgoingMessage,
    signal: AbortSignal,
  ): Promise<{ waId: string; timestamp: number } | null>;
  /** The decrypted file of the message that the server told of so. */
  download(name: string, message: object, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  lookUp(name: string, phoneNumber: string, signal: AbortSignal): Promise<NumberLookUp>;
  markRead(name: string, keys: readonly object[]): Promise<void>;
  /** One page of what was said, as the server tells of it, newest first; `isLast`: there is no other. */
  messages(name: string, from: number, to: number, page: number): Promise<{ records: unknown[]; isLast: boolean }>;
};

const USUAL_MS = 15_000;
const SEND_MS = 60_000;
const PROBE_MS = 20_000;
/** The caller has a patience of his own. */
const DOWNLOAD_MS = 3_600_000;
const PAGE = 100;

const Root = z.looseObject({ version: z.string() });
const StateAnswer = z.looseObject({ instance: z.looseObject({ state: z.enum(['open', 'connecting', 'close']) }) });
const ConnectAnswer = z.union([
  StateAnswer,
  z.looseObject({ code: z.string().nullish(), count: z.number().nullish() }),
]);
const NewRow = z.looseObject({
  name: z.string(),
  ownerJid: z.string().nullish(),
  profileName: z.string().nullish(),
  disconnectionReasonCode: z.number().nullish(),
});
const OldRow = z.looseObject({
  instance: z.looseObject({
    instanceName: z.string(),
    owner: z.string().nullish(),
    profileName: z.string().nullish(),
  }),
});
const Sent = z.looseObject({
  key: z.looseObject({ id: z.string().min(1) }),
  messageTimestamp: z.union([z.number(), z.string()]).nullish(),
});
const LookedUp = z.array(z.looseObject({ jid: z.string(), exists: z.boolean(), lid: z.string().nullish() }));
const Page = z.looseObject({ messages: z.looseObject({ pages: z.number(), records: z.array(z.unknown()) }) });

/** Rejects also where what answers is no Evolution API server, or one that nobody knows yet. */
export async function findApi(remote: Remote): Promise<EvolutionApi> {
  const root = read(Root, await remote.ask({ method: 'GET', path: '/', withinMs: USUAL_MS }));
  return apiOf(root.version.startsWith('1.') ? 'v1' : 'v2', remote);
}

export function apiOf(generation: Generation, { ask, stream }: Remote): EvolutionApi {
  const at = (path: string, name: string) => `/${path}/${encodeURIComponent(name)}`;
  const get = (path: string) => ask({ method: 'GET', path, withinMs: USUAL_MS });
  const callOf = ({ path, ...said }: Wording, name: string, withinMs: number, signal?: AbortSignal) => ({
    ...{ ...said, path: at(path, name), withinMs },
    ...(signal && { signal }),
  });
  const say = (wording: Wording, name: string, withinMs = USUAL_MS, signal?: AbortSignal) =>
    ask(callOf(wording, name, withinMs, signal));

  async function found(query: string): Promise<RemoteInstance[]> {
    const answer = await get(`/instance/fetchInstances${query}`);
    return (Array.isArray(answer) ? answer : [answer]).map(instanceOf);
  }

  return {
    generation,
    list: () => found(''),
    async find(name) {
      try {
        const all = await found(`?instanceName=${encodeURIComponent(name)}`);
        return all.find((one) => one.name === name) ?? null;
      } catch (error) {
        if (isUnknown(error)) return null;
        throw error;
      }
    },
    async create(name, hook) {
      const body = createBody(generation, name, hook);
      await ask({ method: 'POST', path: '/instance/create', body, withinMs: 30_000 });
    },
    async state(name) {
      return read(StateAnswer, await get(at('instance/connectionState', name))).instance.state;
    },
    async connect(name, phoneNumber) {
      const query = phoneNumber === null ? '' : `?number=${phoneNumber}`;
      const answer = read(ConnectAnswer, await get(`${at('instance/connect', name)}${query}`));
      if ('instance' in answer) {
        return { qr: null, pairingCode: null, isOpen: StateAnswer.parse(answer).instance.state === 'open' };
      }
      return { qr: textIn(answer['code']), pairingCode: textIn(answer['pairingCode']), isOpen: false };
    },
    async restart(name) {
      await ask({ method: restartMethod(generation), path: at('instance/restart', name), withinMs: USUAL_MS });
    },
    async logOut(name) {
      await ask({ method: 'DELETE', path: at('instance/logout', name), withinMs: USUAL_MS });
    },
    async remove(name) {
      await ask({ method: 'DELETE', path: at('instance/delete', name), withinMs: USUAL_MS });
    },
    isHookSet: async (name, hook) => isWebhookSet(generation, await get(at('webhook/find', name)), hook),
    async setHook(name, hook) {
      await say({ method: 'POST', path: 'webhook/set', body: webhookBody(generation, hook) }, name);
    },
    async send(name, message, signal) {
      const wording = sendWording(generation, message);
      if (!wording) return null;
      const { key, messageTimestamp } = read(Sent, await say(wording, name, SEND_MS, signal));
      return { waId: key.id, timestamp: Number(messageTimestamp ?? 0) * 1000 };
    },
    async download(name, message, signal) {
      const body = { message, convertToMp4: false };
      const wording = { method: 'POST', path: 'chat/getBase64FromMediaMessage', body } as const;
      return fileIn(await stream(callOf(wording, name, DOWNLOAD_MS, signal)));
    },
    async lookUp(name, phoneNumber, signal) {
      const body = { numbers: [phoneNumber] };
      const wording = { method: 'POST', path: 'chat/whatsappNumbers', body } as const;
      const [one] = read(LookedUp, await say(wording, name, PROBE_MS, signal));
      if (!one) throw notUnderstood();
      const lid = one.lid?.endsWith('@lid') === true ? one.lid : null;
      return one.exists ? { exists: true, jid: one.jid, lid } : { exists: false, jid: null, lid: null };
    },
    async markRead(name, keys) {
      await say(readBody(generation, keys), name);
    },
    group(name, action, query, body) {
      const path = `${at(`group/${action}`, name)}?${new URLSearchParams(query).toString()}`;
      return ask({ method: groupMethod(generation, action), path, withinMs: SEND_MS, ...(body && { body }) });
    },
    async showTyping(name, chat, presence, delay) {
      const body = presenceBody(generation, chat, presence, delay);
      await say({ method: 'POST', path: 'chat/sendPresence', body }, name, USUAL_MS + delay);
    },
    async messages(name, from, to, page) {
      const body = messagesBody(from, to, page, PAGE);
      const answer = await say({ method: 'POST', path: 'chat/findMessages', body }, name);
      if (Array.isArray(answer)) return { records: answer, isLast: true };
      const { pages, records } = read(Page, answer).messages;
      return { records, isLast: page >= pages };
    },
  };
}

export function isUnknown(error: unknown): boolean {
  return error instanceof RemoteFailure && error.fault === 'unknown_instance';
}

function instanceOf(row: unknown): RemoteInstance {
  const { instance } = OldRow.safeParse(row).data ?? {};
  if (instance) {
    const { instanceName: name, owner, profileName } = instance;
    // So it says where it does not know.
    const isKnown = profileName != null && profileName !== 'not loaded';
    return { name, ownerJid: owner ?? null, profileName: isKnown ? profileName : null, endedBy: null };
  }
  const { name, ownerJid, profileName, disconnectionReasonCode } = read(NewRow, row);
  return {
    name,
    ownerJid: ownerJid ?? null,
    profileName: profileName ?? null,
    endedBy: disconnectionReasonCode ?? null,
  };
}

const textIn = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

function read<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> {
  const { data } = schema.safeParse(answer);
  if (data === undefined) throw notUnderstood();
  return data;
}

const notUnderstood = () =>
  new RemoteFailure('not_json', 'The Evolution server answered with something that is not in its interface.');
