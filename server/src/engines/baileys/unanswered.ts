/**
 * Messages that could not be decrypted and may still come: each is told of once, and what their stanzas said outside is kept for when the phone
 * sends only their content.
 */
import { encodeProto } from './content/plaintext.ts';
import { type Attributes, type Me, plainJid } from './envelope.ts';
import { journalKeyOf, type JournaledMessage } from './journal.ts';
import type { proto } from './library.ts';

const MOST = 500;
/** One byte of padding, as if it had come encrypted. */
const PADDING = Buffer.from([1]);

export class Unanswered {
  readonly #stanzas = new Map<string, Attributes>();

  /** False where it is known already. */
  add(attributes: Attributes): boolean {
    const key = journalKeyOf(attributes);
    if (this.#stanzas.has(key)) return false;
    this.#stanzas.set(key, attributes);
    for (const oldest of this.#stanzas.keys()) {
      if (this.#stanzas.size <= MOST) break;
      this.#stanzas.delete(oldest);
    }
    return true;
  }

  /** The message as if its stanza had come again; null where it says nothing. */
  answeredBy(info: proto.IWebMessageInfo, me: Me | null): JournaledMessage | null {
    const { key, message } = info;
    if (!key?.id || !key.remoteJid || !message || !me) return null;
    const { id } = key;
    const known = [...this.#stanzas.values()].find((attributes) => attributes.id === id);
    return {
      attributes: known ?? attributesOf(info, me),
      parts: [Buffer.concat([encodeProto(message), PADDING])],
    };
  }
}

function attributesOf({ key, messageTimestamp, pushName, participant }: proto.IWebMessageInfo, me: Me): Attributes {
  const chat = plainJid(key?.remoteJid ?? '');
  const mine = plainJid(me.jid);
  const isShared = chat.endsWith('@g.us') || chat.endsWith('@broadcast');
  const author = key?.participant || participant || (isShared && key?.fromMe ? mine : undefined);
  return {
    ...(key?.fromMe && !isShared ? { from: mine, recipient: chat } : { from: chat }),
    id: key?.id ?? '',
    t: String(Number(messageTimestamp ?? 0)),
    ...(isShared && author ? { participant: plainJid(author) } : {}),
    ...(pushName ? { notify: pushName } : {}),
  };
}
