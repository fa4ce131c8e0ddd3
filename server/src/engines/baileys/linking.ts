/** The time between the first QR code and the phone's consent: codes that follow each other, and how long each lasts. */
import { randomBytes } from 'node:crypto';
import type { AuthenticationCreds, BinaryNode } from 'baileys';

/** As Baileys times them: the first code stands for a minute, each later one for twenty seconds. */
const FIRST_QR_MS = 60_000;
const NEXT_QR_MS = 20_000;

export type ShownQr = { qr: string; attempt: number; expiresAt: number };

export class Linking {
  readonly #creds: AuthenticationCreds;
  readonly #limit: number;
  readonly #now: () => number;
  #references = 0;
  #shown: ShownQr | null = null;
  /** The code on show as Baileys wrote it, and the secret it wrote into it. */
  #written = '';
  #writtenSecret = '';
  readonly #begun = Promise.withResolvers<undefined>();
  #answer: PromiseWithResolvers<'accepted' | 'refused'> | null = null;

  constructor(creds: AuthenticationCreds, limit: number, now: () => number) {
    this.#creds = creds;
    this.#limit = limit;
    this.#now = now;
  }

  /** Resolves with the first QR code. */
  get begun(): Promise<undefined> {
    return this.#begun.promise;
  }

  /** What the server asks and answers while no phone is linked. */
  heard({ attrs, content }: BinaryNode): void {
    const children = Array.isArray(content) ? content : [];
    const offer = children.find(({ tag }) => tag === 'pair-device');
    if (offer) this.#offered(offer);
    // Baileys asks nothing else on such a connection that could be refused.
    else if (attrs.type === 'error') this.#answer?.resolve('refused');
    else if (children.some(({ tag }) => tag === 'link_code_companion_reg')) this.#answer?.resolve('accepted');
  }

  /** Resolves with the server's answer to the request for a pairing code that is made next: before it, no phone can use the code. */
  codeAnswered(): Promise<'accepted' | 'refused'> {
    this.#answer = Promise.withResolvers();
    return this.#answer.promise;
  }

  /** The server's `pair-device`: as many codes can follow as it has references. */
  #offered({ content }: BinaryNode): void {
    this.#writtenSecret = this.#creds.advSecretKey;
    this.#references = Array.isArray(content) ? content.filter(({ tag }) => tag === 'ref').length : 0;
  }

  /** A code of Baileys; null when the limit was reached and this one is not shown any more. */
  next(qr: string): ShownQr | null {
    const attempt = (this.#shown?.attempt ?? 0) + 1;
    if (attempt > this.#limit) return null;
    const expiresAt = this.#now() + (attempt === 1 ? FIRST_QR_MS : NEXT_QR_MS);
    this.#written = qr;
    this.#shown = { qr: this.#withCurrentSecret(), attempt, expiresAt };
    this.#begun.resolve(undefined);
    return this.#shown;
  }

  /**
   * The server retires the secret in the code on show (`companion_reg_refresh`), and Baileys would go on showing it: a phone that
   * scans it is refused. Answers the same code with a new secret; null when none is on show.
   */
  renewSecret(): ShownQr | null {
    this.#creds.advSecretKey = randomBytes(32).toString('base64');
    if (!this.#shown) return null;
    this.#shown = { ...this.#shown, qr: this.#withCurrentSecret() };
    return this.#shown;
  }

  /** When the last code of this run expires, and with it a pairing code: ms since the epoch. */
  get endsAt(): number {
    const { attempt, expiresAt } = this.#shown ?? { attempt: 0, expiresAt: this.#now() };
    return expiresAt + Math.max(0, Math.min(this.#references, this.#limit) - attempt) * NEXT_QR_MS;
  }

  #withCurrentSecret(): string {
    return this.#written.replace(this.#writtenSecret, this.#creds.advSecretKey);
  }
}
