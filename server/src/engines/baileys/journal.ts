/**
 * A message in the journal: what its stanza said outside and what was decrypted inside, enough to tell of it after a crash in the
 * same words as before. It is written in the commit of the ratchet that decrypted it, and removed in the commit of its event.
 */
import type { JournalEntry } from '../../ports/credentials.ts';
import type { Attributes } from './envelope.ts';
import { decodeValue, encodeValue } from './codec.ts';

/** `parts`: the decrypted contents, still padded, in the order of the stanza. */
export type JournaledMessage = { attributes: Attributes; parts: readonly Uint8Array[] };

/** The same stanza delivered again has the same key. */
export function journalKeyOf({ id, from, participant }: Attributes): string {
  return [from, participant, id].join(' ');
}

export function journalEntry({ attributes, parts }: JournaledMessage): JournalEntry {
  return { key: journalKeyOf(attributes), body: encodeValue({ attributes, parts }) };
}

/** Throws where the bytes were not written by `journalEntry`. */
export function readJournalEntry({ body }: JournalEntry): JournaledMessage {
  const value = decodeValue(body);
  if (typeof value === 'object' && value !== null && 'attributes' in value && 'parts' in value) {
    const { attributes, parts } = value;
    if (isAttributes(attributes) && Array.isArray(parts) && parts.every((part) => part instanceof Uint8Array)) {
      return { attributes, parts };
    }
  }
  throw new Error('a journal entry does not hold a message');
}

function isAttributes(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string');
}
