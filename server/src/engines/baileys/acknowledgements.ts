/** Messages that left and wait for the server's word on them. */
import type { BinaryNode } from 'baileys';
import type { SendOutcome } from '../../ports/engine.ts';

export type Acknowledgement = { ok: true; timestamp: number } | Extract<SendOutcome, { ok: false }>;

/** The server's codes that mean something of their own. Any other is a plain refusal, its number kept. */
const LOCKED = '463';
const CAPPED = '475';
const restricted = new Set([LOCKED, CAPPED]);
const reasons = new Map([
  [LOCKED, 'WhatsApp restricts new chats of this account, or asks for a privacy token that this chat has not given'],
  [CAPPED, 'this account has opened as many new chats as WhatsApp allows it for a time'],
  ['479', 'WhatsApp found the stanza malformed; the device list of the recipient may be stale'],
]);

export class Acknowledgements {
  readonly #waiting = new Map<string, PromiseWithResolvers<Acknowledgement>>();

  /** Resolves with the server's word; rejects when the run ends before it. Ask before the message leaves. */
  expect(waId: string): Promise<Acknowledgement> {
    const known = this.#waiting.get(waId);
    if (known) return known.promise;
    const waiting = Promise.withResolvers<Acknowledgement>();
    // Whoever sends may fail first and never look.
    waiting.promise.catch(() => undefined);
    this.#waiting.set(waId, waiting);
    return waiting.promise;
  }

  forget(waId: string): void {
    this.#waiting.delete(waId);
  }

  arrived({ attrs }: BinaryNode, now: number): void {
    const waiting = attrs.id === undefined ? undefined : this.#waiting.get(attrs.id);
    if (!waiting || attrs.id === undefined) return;
    this.#waiting.delete(attrs.id);
    waiting.resolve(readAcknowledgement(attrs, now));
  }

  abandon(reason: Error): void {
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}

/** Whether a message was refused because the account is restricted, or seems to be. */
export function isRestriction({ attrs: { error } }: BinaryNode): boolean {
  return error !== undefined && restricted.has(error);
}

function readAcknowledgement(attrs: BinaryNode['attrs'], now: number): Acknowledgement {
  const { error, t } = attrs;
  if (error === undefined) return { ok: true, timestamp: t === undefined ? now : Number(t) * 1000 };
  const code = restricted.has(error) ? 'restricted' : 'refused';
  return { ok: false, code, reason: `${error}: ${reasons.get(error) ?? 'WhatsApp refused the message'}` };
}
