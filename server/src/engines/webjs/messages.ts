/** What the page tells of messages, in our words. */
import type { MediaKind } from '@zapfleet/contract';
import type { EngineChat, EngineContent, EngineMessage } from '../../ports/engine.ts';
import type { LibraryMessage } from './library.ts';
import { jidOfWid, type People } from './people.ts';

/** How the page calls our kinds of files. */
const FILES: Readonly<Record<string, MediaKind>> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  ptt: 'voice',
  document: 'document',
  sticker: 'sticker',
};

/** No messages of people: what the page itself notes in a chat. */
const NOTES = new Set([
  'e2e_notification',
  'notification',
  'notification_template',
  'gp2',
  'call_log',
  'protocol',
  'debug',
]);

/** What is kept with a message: how the page finds it again. */
export type Kept = { serialized: string };

export function keep(serialized: string): Uint8Array {
  return Buffer.from(JSON.stringify({ serialized } satisfies Kept));
}

/** Throws where it is not ours. */
export function readKept(kept: Uint8Array): Kept {
  const { serialized } = JSON.parse(Buffer.from(kept).toString()) as Partial<Kept>;
  if (typeof serialized !== 'string') throw new Error('not a message of this engine');
  return { serialized };
}

/** null for what is no message of somebody. `onlineSince`: ms since the epoch; what was written before waited for us. */
export async function engineMessage(
  message: LibraryMessage,
  { people, me, onlineSince }: { people: People; me: string; onlineSince: number },
): Promise<EngineMessage | null> {
  const { id, type, timestamp, _data: data } = message;
  if (NOTES.has(type)) return null;
  const remote = jidOfWid(id.remote);
  const chat = await chatOf(remote, people);
  const author = chat.kind === 'person' ? remote : message.author;
  return {
    waId: id.id,
    chat,
    sender: await people.identify(id.fromMe || author === undefined ? me : author),
    fromMe: id.fromMe,
    pushName: id.fromMe ? null : textOrNull(data['notifyName']),
    content: contentOf(message),
    quotedWaId: textOrNull(data['quotedStanzaID']),
    ...(message.isForwarded === true && { forwarded: true }),
    ...(data['isViewOnce'] === true && { viewOnce: true }),
    ...(typeof data['ephemeralDuration'] === 'number' && { ephemeralSeconds: data['ephemeralDuration'] }),
    kept: keep(id._serialized),
    // The page's times are whole seconds.
    offline: timestamp < Math.floor(onlineSince / 1_000),
    timestamp: timestamp * 1_000,
  };
}

async function chatOf(remote: string, people: People): Promise<EngineChat> {
  const server = remote.slice(remote.indexOf('@') + 1);
  switch (server) {
    case 'g.us':
      return { kind: 'group', jid: remote };
    case 'newsletter':
      return { kind: 'newsletter', jid: remote };
    case 'broadcast':
      return { kind: remote === 'status@broadcast' ? 'status' : 'broadcast', jid: remote };
    default:
      return { kind: 'person', identity: await people.identify(remote) };
  }
}

function contentOf({ id, type, body, hasMedia, mentionedIds, _data: data }: LibraryMessage): EngineContent {
  const mentions = mentionedIds.map(jidOfWid);
  if (type === 'chat') return { type: 'text', text: body, mentions };
  const kind = FILES[type];
  if (kind === undefined || !hasMedia) return { type: 'unsupported', kind: type };
  return {
    type: kind,
    media: {
      ref: keep(id._serialized),
      mimetype: textOrNull(data['mimetype']) ?? 'application/octet-stream',
      filename: textOrNull(data['filename']),
      size: numberOrNull(data['size']),
      width: numberOrNull(data['width']),
      height: numberOrNull(data['height']),
      seconds: numberOrNull(data['duration']),
      waveform: waveformOrNull(data['waveform']),
    },
    caption: body === '' ? null : body,
    mentions,
    ...(data['isGif'] === true && { gif: true }),
    ...(data['isAnimated'] === true && { animated: true }),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function numberOrNull(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** An array of bytes comes out of the page as an object of them. */
function waveformOrNull(value: unknown): number[] | null {
  if (typeof value !== 'object' || value === null) return null;
  const levels: unknown[] = Object.values(value);
  return levels.length > 0 ? levels.map(Number) : null;
}

/** A message as the page has it, in the shape in which the library hands it out. */
export function messageOf(data: LibraryMessage['_data']): LibraryMessage {
  const { id, ack, body, caption, type, t, author, directPath, isForwarded, mentionedJidList } = data;
  const hasMedia = typeof directPath === 'string' && directPath !== '';
  const words = hasMedia ? caption : body;
  return {
    id: id as LibraryMessage['id'],
    ack: Number(ack ?? 0),
    body: typeof words === 'string' ? words : '',
    type: String(type),
    timestamp: Number(t),
    hasMedia,
    isForwarded: isForwarded === true,
    mentionedIds: Array.isArray(mentionedJidList) ? (mentionedJidList as string[]) : [],
    ...(author != null && {
      author: typeof author === 'string' ? author : (author as { _serialized: string })._serialized,
    }),
    _data: data,
  };
}
