/** Messages on their way out, and those that somebody could not decrypt and asks for again. */
import { createHmac } from 'node:crypto';
import type { WAMessageKey } from 'baileys';
import type { OutgoingMessage, SendOutcome } from '../../ports/engine.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { compose, type ComposeParts, Unsendable } from './content/compose.ts';
import { decodeKept } from './content/kept.ts';
import { bothOf, plainJid } from './envelope.ts';
import { ExpiringMap } from './expiring-map.ts';
import type { proto } from './library.ts';
import type { MediaClient } from './media/media-client.ts';
import { MediaUnreadable, UploadRefused } from './media/upload.ts';
import { completed } from './people.ts';
import { refusalOf } from './refusal.ts';
import type { RunContext } from './run-context.ts';
import { keptOf } from './telling-messages.ts';

/** Somebody who cannot decrypt asks within seconds; until the store has the message, this has it. */
const RECENTLY_SENT_MS = 5 * 60_000;

export type SendingParts = {
  media: Pick<MediaClient, 'upload'>;
  /** What the secrets of our messages are derived from; known to this linked device only. */
  privateKey: () => Uint8Array;
};

export class Sending {
  readonly acknowledgements = new Acknowledgements();
  readonly #context: RunContext;
  readonly #parts: SendingParts;
  readonly #recentlySent = new ExpiringMap(RECENTLY_SENT_MS);

  constructor(context: RunContext, parts: SendingParts) {
    this.#context = context;
    this.#parts = parts;
  }

  async send(outgoing: OutgoingMessage): Promise<SendOutcome> {
    const { socket, unlessEnded } = this.#context;
    const { waId, to } = outgoing;
    socket();
    try {
      const { message, stanza, kept } = await unlessEnded(compose(outgoing, this.#composing()));
      this.#recentlySent.set(waId, kept);
      const acknowledged = this.acknowledgements.expect(waId);
      await unlessEnded(socket().relayMessage(to, message, { messageId: waId, ...stanza }));
      const outcome = await acknowledged;
      return outcome.ok ? { ...outcome, kept } : outcome;
    } catch (error) {
      const refused = outcomeOf(error);
      if (refused) return refused;
      throw error;
    } finally {
      this.acknowledgements.forget(waId);
    }
  }

  /** A message of ours that somebody asks for again: only who is in its chat gets it. */
  async sent({ id, remoteJid }: WAMessageKey): Promise<proto.IMessage | undefined> {
    if (!id || !remoteJid) return undefined;
    const kept = decodeKept(this.#recentlySent.get<Uint8Array>(id)) ?? (await keptOf(this.#context, id));
    if (!kept?.key.fromMe || !(await this.#isSameChat(kept.key.chat, remoteJid))) return undefined;
    return kept.message;
  }

  async #isSameChat(one: string, other: string): Promise<boolean> {
    if (plainJid(one) === plainJid(other)) return true;
    const { keys } = this.#context;
    const [first, second] = await Promise.all([completed(bothOf(one, []), keys), completed(bothOf(other, []), keys)]);
    return first.lid !== null && first.lid === second.lid;
  }

  #composing(): ComposeParts {
    const { media, privateKey } = this.#parts;
    const me = this.#context.me();
    if (!me) throw new Error('the run is not linked');
    return {
      me,
      kept: (waId) => keptOf(this.#context, waId),
      upload: (family, file) => media.upload(family, file),
      secretOf: (waId) => createHmac('sha256', privateKey()).update(`message secret ${waId}`).digest(),
    };
  }
}

/** null: it may yet succeed. */
function outcomeOf(error: unknown): SendOutcome | null {
  if (error instanceof Unsendable) return error.outcome;
  if (error instanceof MediaUnreadable || error instanceof UploadRefused) {
    return { ok: false, code: 'media_unavailable', reason: error.message };
  }
  const refusal = refusalOf(error);
  if (!refusal || refusal.isTemporary) return null;
  return { ok: false, code: 'refused', reason: `${refusal.code}: ${refusal.text}` };
}
