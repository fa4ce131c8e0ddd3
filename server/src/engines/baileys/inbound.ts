/**
 * The way of a received message through decryption. A stanza is remembered by the byte strings of its ciphertexts when it arrives;
 * Baileys hands those very objects to the decryption, so that what was decrypted is tied to its stanza without a guess.
 *
 * The plaintext goes into the journal in the commit of the ratchet; the event follows from here and not from Baileys' own events,
 * which come after the receipt and by way of buffers.
 */
import type { BinaryNode, WAMessage } from 'baileys';
import type { JournalEntry } from '../../ports/credentials.ts';
import type { Log } from '../../ports/log.ts';
import { decodePlaintext, emptyPlaintext, readContent, type ReadContent } from './content.ts';
import { type Attributes, type Envelope, type Me, readEnvelope } from './envelope.ts';
import { journalEntry, type JournaledMessage, readJournalEntry } from './journal.ts';
import type { KeyStore } from './key-store.ts';
import { encodeProto } from './outgoing.ts';

export type InboundMessage = { envelope: Envelope; read: ReadContent; journalKey: string | null };

export type InboundParts = {
  keys: KeyStore;
  /** This account; null before it is paired. */
  me: () => Me | null;
  /** Whether a message of this id was told of before. */
  isKnown: (waId: string) => Promise<boolean>;
  report: (message: InboundMessage) => void;
  log: Log;
};

type Arrival = { attributes: Attributes; ciphertexts: readonly Uint8Array[]; parts: Uint8Array[] };

export class Inbound {
  readonly #parts: InboundParts;
  readonly #arrivals = new WeakMap<Uint8Array, Arrival>();

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** A message stanza, before Baileys sees it. What came without encryption (newsletters) is told at once. */
  arrived({ attrs, content }: BinaryNode): void {
    const children = Array.isArray(content) ? content : [];
    const ciphertexts = children.flatMap(({ tag, content: body }) =>
      tag === 'enc' && body instanceof Uint8Array ? [body] : [],
    );
    const arrival: Arrival = { attributes: attrs, ciphertexts, parts: [] };
    for (const ciphertext of ciphertexts) this.#arrivals.set(ciphertext, arrival);
    const plain = children.flatMap(({ tag, content: body }) =>
      tag === 'plaintext' && body instanceof Uint8Array ? [body] : [],
    );
    if (plain.length > 0) this.#tell({ attributes: attrs, parts: plain }, false);
  }

  /** Runs Baileys' decryption of one ciphertext; `turn` names the ratchet, which nobody else may use meanwhile. */
  async decrypt(ciphertext: Uint8Array, turn: string, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const { keys, log, isKnown } = this.#parts;
    const arrival = this.#arrivals.get(ciphertext);
    if (!arrival) log.error({}, 'A ciphertext came without its stanza: its message is not journaled');
    try {
      const { plaintext, told } = await keys.inTurn(turn, () =>
        keys.atomically(async (journal) => {
          const decrypted = await work();
          return { plaintext: decrypted, told: arrival && this.#journal(arrival, ciphertext, decrypted, journal) };
        }),
      );
      if (told) this.#parts.report(told);
      return plaintext;
    } catch (error) {
      const waId = arrival?.attributes.id;
      // A stanza whose receipt got lost comes again, and its ratchet refuses it: it is known, so it only needs its receipt.
      if (waId !== undefined && (await isKnown(waId))) return emptyPlaintext();
      throw error;
    }
  }

  /** Tells of what a crash left in the journal. */
  retell(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      try {
        this.#tell(readJournalEntry(entry), true, entry.key);
      } catch (error) {
        this.#parts.log.error(
          { key: entry.key, reason: String(error) },
          'A journaled message cannot be read; it is kept',
        );
      }
    }
  }

  /** What the phone sent in place of a message that could not be decrypted. */
  resent({ key: { id, remoteJid, participant, fromMe }, message, messageTimestamp, pushName }: WAMessage): void {
    const me = this.#parts.me();
    if (!id || !remoteJid || !message || !me) return;
    const where = fromMe && !participant ? { from: me.jid, recipient: remoteJid } : { from: remoteJid };
    const attributes: Attributes = {
      ...where,
      id,
      t: String(messageTimestamp ?? 0),
      ...(participant ? { participant } : {}),
      ...(pushName ? { notify: pushName } : {}),
    };
    this.#tell({ attributes, parts: [encodeProto(message)] }, false);
  }

  /** Null until the last part of the stanza, and where there is nothing to tell. */
  #journal(
    arrival: Arrival,
    ciphertext: Uint8Array,
    plaintext: Uint8Array,
    journal: JournalEntry[],
  ): InboundMessage | null {
    arrival.parts.push(plaintext);
    if (ciphertext !== arrival.ciphertexts.at(-1)) return null;
    const message = { attributes: arrival.attributes, parts: arrival.parts };
    const entry = journalEntry(message);
    const told = this.#read(message, true, entry.key);
    if (told) journal.push(entry);
    return told;
  }

  #tell(message: JournaledMessage, padded: boolean, journalKey: string | null = null): void {
    const told = this.#read(message, padded, journalKey);
    if (told) this.#parts.report(told);
  }

  #read({ attributes, parts }: JournaledMessage, padded: boolean, journalKey: string | null): InboundMessage | null {
    const me = this.#parts.me();
    if (!me || attributes.category === 'peer') return null;
    const envelope = readEnvelope(attributes, me);
    const read = envelope && this.#content(parts, padded);
    return read ? { envelope, read, journalKey } : null;
  }

  /** What is no message at all is Baileys' to refuse. */
  #content(parts: readonly Uint8Array[], padded: boolean): ReadContent | null {
    try {
      return readContent(parts.map((part) => decodePlaintext(part, padded)));
    } catch (error) {
      this.#parts.log.warn({ reason: String(error) }, 'A decrypted message is no WhatsApp message');
      return null;
    }
  }
}
