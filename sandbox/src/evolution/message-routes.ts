import type { AnyMessageContent, WAMessage, WASocket } from 'baileys';
import { failure, missing } from './failures.ts';
import type { Instance } from './instance.ts';
import type { Generation } from './protocol.ts';
import { type Fields, fieldsOf, type Handler, jidOf, textOf, the } from './call.ts';

export function messageRoutes(generation: Generation): [string, Handler][] {
  return [
    ['POST message/sendText', sendText(generation)],
    ['POST message/sendLocation', sendLocation(generation)],
    ['POST message/sendReaction', sendReaction(generation)],
    ['POST message/sendContact', sendContact(generation)],
    ['POST message/sendPoll', sendPoll(generation)],
  ];
}

/** What stands beside the content: flat in 2, under `options` in 1.8. */
type Options = { readonly delay: number; readonly quotedId: string | undefined; readonly mentioned: readonly string[] };

function optionsOf(generation: Generation, body: Fields): Options {
  const options = generation === 'v1' ? fieldsOf(body['options']) : body;
  const quotedId = fieldsOf(fieldsOf(options['quoted'])['key'])['id'];
  const mentioned = generation === 'v1' ? fieldsOf(options['mentions'])['mentioned'] : options['mentioned'];
  return {
    delay: Number(options['delay'] ?? 0),
    quotedId: typeof quotedId === 'string' ? quotedId : undefined,
    mentioned: Array.isArray(mentioned) ? mentioned.map(String) : [],
  };
}

/** Where a message goes; a number that is not on WhatsApp is refused, a LID is taken as it is. */
async function recipient(socket: WASocket, number: string): Promise<string> {
  const jid = jidOf(number);
  if (!jid.endsWith('@s.whatsapp.net')) return jid;
  const [found] = (await socket.onWhatsApp(jid)) ?? [];
  if (!found?.exists) throw failure(400, [{ jid, exists: false, number }]);
  return found.jid;
}

/** Sends it as the body says, beside the content. */
export async function send(
  instance: Instance,
  generation: Generation,
  body: Fields,
  content: AnyMessageContent,
): Promise<{ status: number; body: unknown }> {
  if (typeof body['number'] !== 'string') throw missing('number');
  const number = body['number'];
  const { delay, quotedId, mentioned } = optionsOf(generation, body);
  // Looked for before all else, as the server does.
  const to = await recipient(instance.socket(), number).catch((error: unknown) => {
    throw error instanceof Error && error.message === 'Connection Closed' ? failure(500, 'Connection Closed') : error;
  });
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  const quoted = quotedId === undefined ? undefined : quotedOf(instance, quotedId);
  const mentions = mentioned.map(jidOf);
  const withMentions = mentions.length > 0 ? ({ ...content, mentions } as AnyMessageContent) : content;
  const view = await instance.send((socket) => socket.sendMessage(to, withMentions, quoted ? { quoted } : {}));
  return { status: 201, body: view };
}

/** What the server has of it; one that it does not know is not quoted. */
function quotedOf(instance: Instance, id: string): WAMessage | undefined {
  const kept = instance.messages().find(({ view }) => view.key.id === id);
  return kept ? { key: kept.view.key, message: kept.message } : undefined;
}

function sendText(generation: Generation): Handler {
  return ({ asked, instance }) => {
    const body = fieldsOf(asked.body);
    const where = generation === 'v1' ? fieldsOf(body['textMessage']) : body;
    if (generation === 'v1' && body['textMessage'] === undefined) throw missing('textMessage');
    if (typeof where['text'] !== 'string') throw missing('text');
    if (typeof body['number'] !== 'string') throw missing('number');
    if (where['text'] === '') throw failure(400, ['Text is required']);
    return send(the(instance), generation, body, { text: where['text'] });
  };
}

function sendLocation(generation: Generation): Handler {
  return ({ asked, instance }) => {
    const body = fieldsOf(asked.body);
    const where = generation === 'v1' ? fieldsOf(body['locationMessage']) : body;
    if (typeof where['latitude'] !== 'number' || typeof where['longitude'] !== 'number') throw missing('latitude');
    const location = {
      degreesLatitude: where['latitude'],
      degreesLongitude: where['longitude'],
      ...(typeof where['name'] === 'string' && { name: where['name'] }),
      ...(typeof where['address'] === 'string' && { address: where['address'] }),
    };
    return send(the(instance), generation, body, { location });
  };
}

function sendReaction(generation: Generation): Handler {
  return async ({ asked, instance: given }) => {
    const instance = the(given);
    const body = fieldsOf(asked.body);
    const where = generation === 'v1' ? fieldsOf(body['reactionMessage']) : body;
    const key = fieldsOf(where['key']);
    if (typeof key['id'] !== 'string' || typeof key['remoteJid'] !== 'string') throw missing('key');
    const { remoteJid } = key as { remoteJid: string };
    const react = { text: textOf(where['reaction']), key: key as WAMessage['key'] };
    return { status: 201, body: await instance.send((socket) => socket.sendMessage(remoteJid, { react })) };
  };
}

/** The server writes the cards itself. */
function sendContact(generation: Generation): Handler {
  return ({ asked, instance }) => {
    const body = fieldsOf(asked.body);
    const given = body[generation === 'v1' ? 'contactMessage' : 'contact'];
    if (!Array.isArray(given) || given.length === 0) throw missing('contact');
    const contacts = given.map(cardOf);
    const [only] = contacts;
    const displayName = contacts.length === 1 ? (only?.displayName ?? '') : `${contacts.length} contacts`;
    return send(the(instance), generation, body, { contacts: { displayName, contacts } });
  };
}

function cardOf(given: unknown): { displayName: string; vcard: string } {
  const { fullName, phoneNumber, wuid, ...more } = fieldsOf(given);
  if (typeof fullName !== 'string' || typeof phoneNumber !== 'string') throw missing('fullName');
  const line = (name: string, of: string) => (typeof more[of] === 'string' ? [`${name}:${more[of]}`] : []);
  const vcard = [
    ...['BEGIN:VCARD', 'VERSION:3.0', `N:${fullName}`, `FN:${fullName}`],
    ...[...line('ORG', 'organization'), ...line('EMAIL', 'email'), ...line('URL', 'url')],
    `item1.TEL;waid=${textOf(wuid) || jidOf(phoneNumber)}:${phoneNumber}`,
    ...['item1.X-ABLabel:Celular', 'END:VCARD'],
  ].join('\n');
  return { displayName: fullName, vcard };
}

function sendPoll(generation: Generation): Handler {
  return ({ asked, instance }) => {
    const body = fieldsOf(asked.body);
    const { name, selectableCount, values } = generation === 'v1' ? fieldsOf(body['pollMessage']) : body;
    if (typeof name !== 'string' || !Array.isArray(values)) throw missing('name');
    const poll = { name, values: values.map(String), selectableCount: Number(selectableCount ?? 1) };
    return send(the(instance), generation, body, { poll });
  };
}
