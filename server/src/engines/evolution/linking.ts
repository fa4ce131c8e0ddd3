/** Until a phone links the instance: it is made, and its codes are shown, to be scanned or typed. */
import type { Ending } from '../../domain/ending.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EngineEvent } from '../../ports/engine.ts';
import { withinLimit } from '../within-limit.ts';
import type { EvolutionApi } from './api.ts';
import { ended, endingByCode, endingOf, isFinal } from './ending.ts';
import type { Notice } from './hearing.ts';
import { makeInstance, removeInstance } from './instance.ts';
import { pause } from './pause.ts';
import { QrCodes } from './qr-codes.ts';

export type LinkingParts = {
  api: EvolutionApi;
  name: string;
  hook: string;
  qrLimit: number;
  clock: Clock;
  /** Aborted when the run is over. */
  signal: AbortSignal;
  tell(event: EngineEvent): Promise<void>;
  end(ending: Ending): Promise<void>;
  /** The instance says that it is linked. */
  goOnline(): Promise<void>;
};

/** How often the server is asked for what its webhook would tell at once, should that not reach us. */
const LOOK_EVERY_MS = 3_000;
const LOOK_SOON_MS = 500;
const PAIRING_CODE_MS = 30_000;
const MAKING_ENDS_MS = 2_000;

type Code = { code: string; expiresAt: number };

export class Linking {
  readonly #parts: LinkingParts;
  readonly #qrCodes: QrCodes;
  #isDone = false;
  /** For whose phone the instance makes codes to type. */
  #phoneNumber: string | null = null;
  #asked: ({ phoneNumber: string; until: number } & PromiseWithResolvers<Code>) | null = null;
  /** Ends the pause between two looks. */
  #hurry = new AbortController();
  #making: Promise<void> = Promise.resolve();
  #timesMade = 0;
  /** From the making of an instance until it connects: what is told meanwhile is about the one before. */
  #isNew = true;

  constructor(parts: LinkingParts) {
    this.#parts = parts;
    this.#qrCodes = new QrCodes(parts.qrLimit);
  }

  /** Resolves when there is an instance; the codes follow. Rejects with `RemoteFailure`. */
  async begin(): Promise<void> {
    await this.#make(null);
    this.#watch().catch((error: unknown) => this.#parts.end(endingOf(error)));
  }

  /** `ABCD-1234`. Rejects when none comes in time. */
  requestPairingCode(phoneNumber: string): Promise<Code> {
    this.#refuse('another pairing code was asked for');
    const until = this.#parts.clock.now() + PAIRING_CODE_MS;
    const asked = { phoneNumber, until, ...Promise.withResolvers<Code>() };
    this.#asked = asked;
    this.#hurry.abort();
    return asked.promise;
  }

  /** What the server says of the instance. */
  heard(notice: Notice): void {
    const { end, goOnline } = this.#parts;
    if (this.#isNew || this.#isDone) return;
    if (notice.type === 'qr') this.#show(notice.qr);
    else if (notice.type === 'qr_over') void end(ended('qr_exhausted', 'the server shows no more QR codes'));
    // Should it not be true, the next look finds that out.
    else if (notice.state === 'open') goOnline().catch(nothing);
    else if (notice.state === 'close' && notice.code === 401) void this.#refused().catch(nothing);
  }

  /** A phone linked it. */
  finish(): void {
    this.#isDone = true;
    this.#refuse('the session is linked');
  }

  /** Nobody linked it: it would show codes for ever. */
  async giveUp(): Promise<void> {
    this.#isDone = true;
    this.#refuse('the run is over');
    await withinLimit(this.#making, MAKING_ENDS_MS).catch(nothing);
    await removeInstance(this.#parts.api, this.#parts.name).catch(nothing);
  }

  async #watch(): Promise<void> {
    const { api, goOnline, name, signal } = this.#parts;
    for (let misses = 0; !this.#isDone && !signal.aborted; ) {
      try {
        // The server takes a number only when the client of the instance starts.
        if (this.#asked && this.#asked.phoneNumber !== this.#phoneNumber) await this.#make(this.#asked.phoneNumber);
        const { isOpen, pairingCode, qr } = await api.connect(name, this.#phoneNumber);
        this.#isNew = false;
        misses = 0;
        if (isOpen) await goOnline();
        if (qr !== null) this.#show(qr);
        if (pairingCode !== null) this.#answer(pairingCode);
        if (this.#asked && this.#parts.clock.now() > this.#asked.until) {
          this.#refuse('the Evolution server made no pairing code in time');
          // As long as it tries to get one it shows no QR code either.
          await this.#make(null);
        }
      } catch (error) {
        misses += 1;
        if (isFinal(error) || misses > 1) throw error;
      }
      await this.#rest();
    }
  }

  #make(phoneNumber: string | null): Promise<void> {
    const { api, clock, hook, name, signal } = this.#parts;
    this.#isNew = true;
    this.#timesMade += 1;
    this.#making = makeInstance(api, name, hook, (ms) => pause(clock, ms, signal)).then(() => {
      this.#phoneNumber = phoneNumber;
    });
    return this.#making;
  }

  #show(qr: string): void {
    const { clock, end, tell } = this.#parts;
    if (this.#isDone) return;
    const shown = this.#qrCodes.next(qr, clock.now());
    if (shown === 'exhausted') void end(ended('qr_exhausted', 'all QR codes were shown'));
    else if (shown) void tell({ type: 'qr', qr, ...shown });
  }

  /** With the next QR code the server makes another one, and this one is of no use any more. */
  #answer(code: string): void {
    if (this.#asked?.phoneNumber !== this.#phoneNumber) return;
    this.#asked.resolve({ code: `${code.slice(0, 4)}-${code.slice(4)}`, expiresAt: this.#qrCodes.expiresAt });
    this.#asked = null;
  }

  #refuse(reason: string): void {
    this.#asked?.reject(new Error(reason));
    this.#asked = null;
  }

  /** WhatsApp refused the new device. Of an instance that was made anew the one before may be meant, which was logged out. */
  async #refused(): Promise<void> {
    const { api, end, name } = this.#parts;
    if (this.#timesMade > 1 && (await api.state(name)) !== 'close') return;
    const raw = endingByCode(401)?.raw ?? '';
    await end(ended('login_refused', raw, 401));
  }

  async #rest(): Promise<void> {
    const { clock, signal } = this.#parts;
    const ms = this.#asked || this.#qrCodes.count === 0 ? LOOK_SOON_MS : LOOK_EVERY_MS;
    try {
      await pause(clock, ms, AbortSignal.any([signal, this.#hurry.signal]));
    } catch (error) {
      if (signal.aborted) throw error;
      this.#hurry = new AbortController();
    }
  }
}

const nothing = (): void => undefined;
