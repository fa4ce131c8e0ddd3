/** Messages on their way out, one page call each; and which of the messages that the page shows as ours are these. */
import type { MediaKind } from '@zapfleet/contract';
import { LRUCache } from 'lru-cache';
import type { OutgoingMedia, OutgoingMessage, SendOutcome } from '../../ports/engine.ts';
import { withinLimit } from '../within-limit.ts';
import { wordsOf } from './ending.ts';
import type { Client, LibraryMessage, Library, SendOptions } from './library.ts';
import { keep, readKept } from './messages.ts';
import { type People, widOf } from './people.ts';

/** The page itself goes on trying for as long as it is open: how it ends is then not known. */
const LIMIT_MS = 45_000;
const IDS_KEPT = 5_000;
/** The page would name a file without a name after what a script says for nothing. */
const UNNAMED = 'file';

/** What the page must be told of a kind that it cannot see in the file. */
const AS: Readonly<Partial<Record<MediaKind, Partial<SendOptions>>>> = {
  document: { sendMediaAsDocument: true },
  voice: { sendAudioAsVoice: true },
  sticker: { sendMediaAsSticker: true },
};

export type SendingParts = {
  client: Client;
  library: Library;
  people: People;
  keptMessage(waId: string): Promise<Uint8Array | undefined>;
};

export class Sending {
  readonly #parts: SendingParts;
  readonly #own = new LRUCache<string, true>({ max: IDS_KEPT });
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(parts: SendingParts) {
    this.#parts = parts;
  }

  /** Whether a message of this account was sent by us, once those under way have told their ids. */
  async isOurs(waId: string): Promise<boolean> {
    if (!this.#own.has(waId)) await Promise.allSettled(this.#underWay);
    return this.#own.has(waId);
  }

  send(message: OutgoingMessage, named: (waId: string) => Promise<void>): Promise<SendOutcome> {
    const sending = this.#send(message, named);
    this.#underWay.add(sending);
    const done = (): void => void this.#underWay.delete(sending);
    sending.then(done, done);
    return sending;
  }

  async #send(message: OutgoingMessage, named: (waId: string) => Promise<void>): Promise<SendOutcome> {
    let sent: LibraryMessage | null | undefined;
    try {
      sent = await this.#hand(message);
    } catch (error) {
      if (error instanceof Unreadable) return { ok: false, code: 'media_unavailable', reason: error.message };
      if (isSilence(error)) return { ok: false, code: 'outcome_unknown', reason: 'The page did not answer in time.' };
      return { ok: false, code: 'refused', reason: wordsOf(error) };
    }
    if (!sent) return { ok: false, code: 'refused', reason: 'The page took no message for this chat.' };
    const { id, ack, timestamp } = sent;
    await named(id.id);
    this.#own.set(id.id, true);
    if (ack < 0) return { ok: false, code: 'refused', reason: 'WhatsApp refused the message.' };
    if (ack === 0) return { ok: false, code: 'outcome_unknown', reason: 'WhatsApp did not acknowledge the message.' };
    return { ok: true, timestamp: timestamp * 1_000, kept: keep(id._serialized) };
  }

  async #hand({ content, quoted, to }: OutgoingMessage): Promise<LibraryMessage | null | undefined> {
    const { client, library, people } = this.#parts;
    const options: SendOptions = { linkPreview: false, sendSeen: false, waitUntilMsgSent: true, parseVCards: false };
    if (quoted) options.quotedMessageId = await this.#nameOf(quoted.waId, `${quoted.fromMe}_${widOf(quoted.chat)}`);
    // The page must have heard of somebody before it can write to him.
    await people.identify(to);
    if (content.type === 'text') {
      if (content.mentions.length > 0) options.mentions = content.mentions.map(widOf);
      return withinLimit(client.sendMessage(widOf(to), content.text, options), LIMIT_MS);
    }
    if (!('media' in content)) throw new Error(`this engine sends no messages of the kind ${content.type}`);
    const { filename, mimetype } = content.media;
    const bytes = await wholeOf(content.media);
    const media = new library.MessageMedia(mimetype, bytes.toString('base64'), filename ?? UNNAMED);
    if (content.caption !== null) options.caption = content.caption;
    if (content.mentions.length > 0) options.mentions = content.mentions.map(widOf);
    Object.assign(options, AS[content.type], content.gif === true && { sendVideoAsGif: true });
    return withinLimit(client.sendMessage(widOf(to), media, options), LIMIT_MS);
  }

  /** As the page names a message; `chat` is how it would begin where we kept nothing of it. */
  async #nameOf(waId: string, chat: string): Promise<string> {
    const kept = await this.#parts.keptMessage(waId);
    return kept ? readKept(kept).serialized : `${chat}_${waId}`;
  }
}

/** The file of a message cannot be read: nothing was handed to the page. */
class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

async function wholeOf({ open }: OutgoingMedia): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of open()) pieces.push(Uint8Array.from(piece));
  } catch (error) {
    throw new Unreadable(wordsOf(error));
  }
  return Buffer.concat(pieces);
}

function isSilence(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'ProtocolError' || /no answer within|timed out/i.test(error.message))
  );
}
