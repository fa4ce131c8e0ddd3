/** The QR code of one session while it is on show. It lives in memory only: who has it has the account. */
import type { SessionRecord } from '../domain/session.ts';
import { isLive } from '../domain/step.ts';
import type { Clock } from '../ports/clock.ts';
import type { LiveQr } from './fleet-api.ts';

export class LiveQrCode {
  #code: LiveQr | null = null;
  #canCome = false;
  readonly #waiters = new Set<(qr: LiveQr | null) => void>();

  get onShow(): LiveQr | null {
    return this.#code;
  }

  /** The next code: told to who waits once the state that shows it is stored. */
  prepare(code: LiveQr): void {
    this.#code = code;
  }

  /** Called after each commit of a state. */
  follow({ state, linked }: SessionRecord): void {
    if (state.name !== 'linking') this.#code = null;
    this.#canCome = !linked && (isLive(state) || state.name === 'waiting');
    if (this.#code || !this.#canCome) this.#tell();
  }

  /** The session ends with the process. */
  noneWillCome(): void {
    this.#code = null;
    this.#canCome = false;
    this.#tell();
  }

  wait(ms: number, signal: AbortSignal, clock: Clock): Promise<LiveQr | null> {
    if (this.#code || ms <= 0 || signal.aborted || !this.#canCome) return Promise.resolve(this.#code);
    return new Promise((resolve) => {
      const done = (qr: LiveQr | null) => {
        this.#waiters.delete(done);
        cancel();
        signal.removeEventListener('abort', giveUp);
        resolve(qr);
      };
      const giveUp = () => done(null);
      const cancel = clock.after(ms, giveUp);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiters.add(done);
    });
  }

  #tell(): void {
    for (const done of [...this.#waiters]) done(this.#code);
  }
}
