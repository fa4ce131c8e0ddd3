/**
 * The way of a received message through decryption. A stanza is remembered by the byte strings of its ciphertexts when it arrives;
 * Baileys hands those very objects to the decryption, so that what was decrypted is tied to its stanza without a guess.
 *
 * The plaintext goes into the journal in the commit of the ratchet, and so do the keys that came with it; the event follows from here and not
 * from Baileys' own events, which come after the receipt and by way of buffers.
 */
import type { BinaryNode } from 'baileys';
import type { JournalEntry } from '../../ports/credentials.ts';
import type { Log } from '../../ports/log.ts';
import { decodePlaintext, emptyPlaintext } from './content/plaintext.ts';
import { type Attributes, type Envelope, type Me, readEnvelope } from './envelope.ts';
import { readHousekeeping } from './housekeeping.ts';
import { journalEntry, type JournaledMessage, readJournalEntry } from './journal.ts';
import type { KeyStore } from './key-store.ts';
import type { proto } from './library.ts';
import { readContent, type ReadContent } from './content/read-content.ts';
import { LimitedLog } from './limited-log.ts';
import { Unanswered } from './unanswered.ts';

export type InboundMessage = { envelope: Envelope; read: ReadContent; journalKey: string | null };
export type HistoryNotice = { notice: proto.Message.IHistorySyncNotification; journalKey: string | null };

export type InboundParts = {
  keys: KeyStore;
  /** This account; null before it is paired. */
  me: () => Me | null;
  /** Whether the content of a message of this id was told of before. */
  isKnown: (waId: string) => Promise<boolean>;
  report: (message: InboundMessage) => void;
  /** The phone tells where history is. */
  history: (notice: HistoryNotice) => void;
  undecryptable: (envelope: Envelope, reason: string) => void;
  /** Keys of the account's settings came, of which this is the newest; they are written in the same commit as what this writes. */
  settingsKey: (id: string) => void;
  log: Log;
};

/** How one ciphertext is decrypted. */
export type Decryption = {
  /** The ratchet's name; nobody else may use it meanwhile. */
  turn: string;
  work: () => Promise<Uint8Array>;
  /** Takes the key of a group that came in it; absent where it may bring none. */
  adoptGroupKey?: (author: string, item: proto.Message.ISenderKeyDistributionMessage) => Promise<void>;
};

type Arrival = {
  attributes: Attributes;
  ciphertexts: readonly Uint8Array[];
  /** What was decrypted: as it was, and what it says. */
  parts: Uint8Array[];
  messages: proto.IMessage[];
  failure: string | null;
};

type Told = { kind: 'message'; message: InboundMessage } | { kind: 'history'; notice: HistoryNotice };

/** The library's words for what its ratchet has decrypted before. */
const decryptedBefore = /^(?:Key used already|Received message with old counter)/;

export class Inbound {
  readonly #parts: InboundParts;
  readonly #arrivals = new WeakMap<Uint8Array, Arrival>();
  readonly #unanswered = new Unanswered();
  readonly #log: LimitedLog;

  constructor(parts: InboundParts) {
    this.#parts = parts;
    this.#log = new LimitedLog(parts.log);
  }

  /** A message stanza, before Baileys sees it. What came without encryption (newsletters) is told at once. */
  arrived({ attrs, content }: BinaryNode): void {
    const attributes: Attributes = { ...attrs };
    const children = Array.isArray(content) ? content : [];
    const bodies = (wanted: string) =>
      children.flatMap(({ tag, content: body }) => (tag === wanted && body instanceof Uint8Array ? [body] : []));
    const ciphertexts = bodies('enc');
    const arrival: Arrival = { attributes, ciphertexts, parts: [], messages: [], failure: null };
    for (const ciphertext of ciphertexts) this.#arrivals.set(ciphertext, arrival);
    const plain = bodies('plaintext');
    if (plain.length > 0) this.#tellAll({ attributes, parts: plain }, false, null);
    else if (ciphertexts.length === 0) this.#tellUndecryptable(attributes, absence(children));
    else if (isForBots(children)) this.#tellUndecryptable(attributes, 'it is encrypted as for a bot');
  }

  /** Runs Baileys' decryption of one ciphertext. */
  async decrypt(ciphertext: Uint8Array, decryption: Decryption): Promise<Uint8Array> {
    const { keys, log } = this.#parts;
    const arrival = this.#arrivals.get(ciphertext);
    if (!arrival) log.error({}, 'A ciphertext came without its stanza: its message is not journaled');
    try {
      const { plaintext, told } = await keys.inTurn(decryption.turn, () =>
        keys.atomically(async (journal) => {
          const decrypted = await decryption.work();
          if (!arrival) return { plaintext: decrypted, told: [] };
          await this.#take(arrival, decrypted, decryption);
          return { plaintext: decrypted, told: this.#journal(arrival, ciphertext, journal) };
        }),
      );
      this.#tell(told);
      if (arrival) this.#over(arrival, ciphertext, told.length > 0);
      return plaintext;
    } catch (error) {
      if (!arrival) throw error;
      if (await this.#wasDecryptedBefore(arrival, error)) return emptyPlaintext();
      arrival.failure = error instanceof Error ? error.message : String(error);
      this.#over(arrival, ciphertext, false);
      throw error;
    }
  }

  /** Tells of what a crash left in the journal. */
  retell(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      try {
        this.#tellAll(readJournalEntry(entry), true, entry.key);
      } catch (error) {
        const reason = String(error);
        this.#parts.log.error({ key: entry.key, reason }, 'A journaled message cannot be read; it is kept');
      }
    }
  }

  /** One more part of the stanza. Keys that came in it are written at once, in the commit of the ratchet. */
  async #take(arrival: Arrival, plaintext: Uint8Array, { adoptGroupKey }: Decryption): Promise<void> {
    const message = this.#decode(plaintext, true);
    if (!message) return;
    arrival.parts.push(plaintext);
    arrival.messages.push(message);
    const { participant, from } = arrival.attributes;
    const author = participant ?? from;
    const groupKey = message.senderKeyDistributionMessage;
    if (groupKey?.groupId && adoptGroupKey && author) {
      try {
        await this.#parts.keys.inTurn(`transaction ${groupKey.groupId}`, () => adoptGroupKey(author, groupKey));
      } catch (error) {
        this.#log.warn({ reason: String(error) }, 'The key of a group could not be taken');
      }
    }
    const { settingsKeys = [] } = this.#housekeeping(arrival.attributes, message);
    if (settingsKeys.length === 0) return;
    const library = this.#parts.keys.forLibrary();
    for (const { id, data } of settingsKeys) await library.set({ 'app-state-sync-key': { [id]: data } });
    this.#parts.settingsKey(settingsKeys.at(-1)?.id ?? '');
  }

  /** Nothing until the last part of the stanza came. */
  #journal(arrival: Arrival, ciphertext: Uint8Array, journal: JournalEntry[]): readonly Told[] {
    if (ciphertext !== arrival.ciphertexts.at(-1)) return [];
    const message = { attributes: arrival.attributes, parts: arrival.parts };
    const resent = this.#resent(arrival);
    if (resent.length > 0) {
      return resent.flatMap((one) => {
        const entry = journalEntry(one);
        const told = this.#read(one.attributes, this.#decodeAll(one.parts, true), entry.key);
        if (told) journal.push(entry);
        return told ? [told] : [];
      });
    }
    const entry = journalEntry(message);
    const told = this.#read(arrival.attributes, arrival.messages, entry.key);
    if (told) journal.push(entry);
    return told ? [told] : [];
  }

  /** After the last part of a stanza: whether anything of it must be asked for again. */
  #over(arrival: Arrival, ciphertext: Uint8Array, wasTold: boolean): void {
    if (ciphertext !== arrival.ciphertexts.at(-1) || wasTold || arrival.failure === null) return;
    this.#tellUndecryptable(arrival.attributes, arrival.failure);
  }

  /** A stanza whose receipt got lost comes again, and its ratchet refuses it: it only needs its receipt. */
  async #wasDecryptedBefore({ attributes: { id } }: Arrival, error: unknown): Promise<boolean> {
    if (id !== undefined && (await this.#parts.isKnown(id))) return true;
    return error instanceof Error && decryptedBefore.test(error.message);
  }

  #tellUndecryptable(attributes: Attributes, reason: string): void {
    const me = this.#parts.me();
    const envelope = me && attributes.category !== 'peer' ? readEnvelope(attributes, me) : null;
    if (!envelope) return;
    this.#log.warn(
      { waId: envelope.waId, reason },
      'A message could not be decrypted; its sender is asked for it again',
    );
    if (this.#unanswered.add(attributes)) this.#parts.undecryptable(envelope, reason);
  }

  /** What the phone sent in place of messages that could not be decrypted here. */
  #resent({ attributes, messages }: Arrival): JournaledMessage[] {
    return messages.flatMap((message) => {
      const { resent = [] } = this.#housekeeping(attributes, message);
      return resent.flatMap((one) => this.#unanswered.answeredBy(one, this.#parts.me()) ?? []);
    });
  }

  /** Only this account's own devices are believed in such matters. */
  #housekeeping(attributes: Attributes, message: proto.IMessage): ReturnType<typeof readHousekeeping> {
    const me = this.#parts.me();
    if (!message.protocolMessage || !me || !readEnvelope(attributes, me)?.fromMe) return {};
    return readHousekeeping(message.protocolMessage);
  }

  #tellAll({ attributes, parts }: JournaledMessage, padded: boolean, journalKey: string | null): void {
    const told = this.#read(attributes, this.#decodeAll(parts, padded), journalKey);
    if (told) this.#tell([told]);
  }

  #tell(told: readonly Told[]): void {
    for (const one of told) {
      if (one.kind === 'message') this.#parts.report(one.message);
      else this.#parts.history(one.notice);
    }
  }

  #read(attributes: Attributes, messages: readonly proto.IMessage[], journalKey: string | null): Told | null {
    for (const message of messages) {
      const { history: notice } = this.#housekeeping(attributes, message);
      if (notice) return { kind: 'history', notice: { notice, journalKey } };
    }
    const me = this.#parts.me();
    if (!me || attributes.category === 'peer') return null;
    const envelope = readEnvelope(attributes, me);
    const read = envelope && readContent(messages, envelope.origin);
    return read ? { kind: 'message', message: { envelope, read, journalKey } } : null;
  }

  #decodeAll(parts: readonly Uint8Array[], padded: boolean): proto.IMessage[] {
    return parts.flatMap((part) => this.#decode(part, padded) ?? []);
  }

  /** What is no message at all is Baileys' to refuse. */
  #decode(part: Uint8Array, padded: boolean): proto.IMessage | null {
    try {
      return decodePlaintext(part, padded);
    } catch (error) {
      this.#log.warn({ reason: String(error) }, 'A decrypted message is no WhatsApp message');
      return null;
    }
  }
}

/** Baileys refuses these without a try. */
function isForBots(children: readonly BinaryNode[]): boolean {
  return children.find(({ tag }) => tag === 'enc')?.attrs.type === 'msmsg';
}

/** Why a stanza carries nothing to decrypt. */
function absence(children: readonly BinaryNode[]): string {
  const type = children.find(({ tag }) => tag === 'unavailable')?.attrs.type;
  return type === undefined ? 'it came without its content' : `it came without its content (${type})`;
}
