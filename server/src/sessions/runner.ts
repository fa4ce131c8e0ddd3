/**
 * Carries one session: feeds `step` with what people, timers and the engine say, commits what it decides and carries out the effects.
 * It alone owns the session's engine run. Inputs are taken one after another.
 */
import { GatewayError } from '../domain/gateway-error.ts';
import { progressOf, type SessionRecord } from '../domain/session.ts';
import { type Effect, type Input, isLive, type LifecycleEvent, step } from '../domain/step.ts';
import type { Clock } from '../ports/clock.ts';
import type { Engine, EngineEvent, EngineRun, Network, ProtocolVersion } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { Change, EventDraft, Store, Write } from '../ports/store.ts';
import type { Traffic } from '../ports/traffic.ts';
import type { LiveQr } from './fleet-api.ts';
import type { OpenGate } from './open-gate.ts';

const OPEN_LIMIT_MS = 60_000;
const OPEN_JITTER_MS = 50;
const COMMIT_RETRY_MS = 1_000;
/** What cannot be stored by then is a fault of ours and must not hold back what follows; a message stays in the journal. */
const TRAFFIC_TRIES = 30;

export type RunnerParts = {
  store: Store;
  engine: Engine;
  network: Network;
  version(refresh: boolean): Promise<ProtocolVersion | null>;
  gate: OpenGate;
  traffic: Traffic;
  clock: Clock;
  /** In [0, 1). */
  random(): number;
  log: Log;
  qrLimit: number;
  closeTimeoutMs: number;
  /** Called after each commit of a new state. */
  onState(record: SessionRecord): void;
};

/** An opening that is under way: it holds a place in the budget and is given up at a deadline. */
type Opening = { run: number; abort: AbortController; leaveGate: () => void; cancelLimit: () => void };

export class SessionRunner {
  readonly #parts: RunnerParts;
  #record: SessionRecord;
  #run: EngineRun | null = null;
  /** Resolves when the run before is surely over: the next one opens only then. */
  #closing: Promise<void> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();
  #cancelRetry: () => void = nothing;
  #opening: Opening | null = null;
  #qr: LiveQr | null = null;
  readonly #qrWaiters = new Set<(qr: LiveQr | null) => void>();
  readonly #ended = new AbortController();

  constructor(record: SessionRecord, parts: RunnerParts) {
    this.#record = record;
    this.#parts = parts;
  }

  get record(): SessionRecord {
    return this.#record;
  }

  /** The QR code on show. */
  get qr(): LiveQr | null {
    return this.#qr;
  }

  /** A verb of a person, or the boot. Resolves with the record once the new state is stored; rejects when it could not be stored. */
  tell(input: Input): Promise<SessionRecord> {
    return this.#inTurn(() => this.#take(input));
  }

  /** Changes settings, in turn with the states so that neither overwrites the other. */
  patch(
    change: (record: SessionRecord) => Partial<Pick<SessionRecord, 'settings' | 'timeZone'>>,
  ): Promise<SessionRecord> {
    return this.#inTurn(async () => {
      const updated = { ...change(this.#record), updatedAt: this.#parts.clock.now() };
      await this.#parts.store.commit([{ kind: 'session.update', id: this.#record.id, patch: updated }]);
      this.#record = { ...this.#record, ...updated };
      return this.#record;
    });
  }

  /** The QR code on show, or the next one; null when none came within `ms` or none can come any more. */
  waitForQr(ms: number, signal: AbortSignal): Promise<LiveQr | null> {
    if (this.#qr || ms <= 0 || signal.aborted || !this.#canShowQr()) return Promise.resolve(this.#qr);
    return new Promise((resolve) => {
      const done = (qr: LiveQr | null) => {
        this.#qrWaiters.delete(done);
        cancel();
        signal.removeEventListener('abort', giveUp);
        resolve(qr);
      };
      const giveUp = () => done(null);
      const cancel = this.#parts.clock.after(ms, giveUp);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#qrWaiters.add(done);
    });
  }

  async requestPairingCode(phoneNumber: string): Promise<{ code: string; expiresAt: number }> {
    const { state, run } = this.#record;
    if (!this.#run || state.name !== 'linking') {
      throw new GatewayError('pairing_code_unavailable', undefined, { state: state.name });
    }
    let code: { code: string; expiresAt: number };
    try {
      code = await this.#run.requestPairingCode(phoneNumber);
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      this.#parts.log.warn({ reason: String(error) }, 'WhatsApp gave no pairing code');
      throw new GatewayError('whatsapp_unavailable', 'WhatsApp gave no pairing code. Nothing was changed.');
    }
    await this.tell({ type: 'engine', run, event: { type: 'pairing_code', expiresAt: code.expiresAt } });
    return code;
  }

  /** Ends the run without a logout and takes no further input; what is stored stays, for the next boot to go on from. */
  async shutdown(): Promise<void> {
    this.#ended.abort();
    this.#cancelRetry();
    this.#endOpening();
    if (this.#record.state.name === 'connected') this.#parts.traffic.offline(this.#record);
    this.#closeRun();
    for (const done of [...this.#qrWaiters]) done(null);
    await Promise.all([this.#closing, this.#turn]);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(nothing);
    return result;
  }

  async #take(input: Input): Promise<SessionRecord> {
    if (this.#ended.signal.aborted) return this.#record;
    const { clock, random, store } = this.#parts;
    const now = clock.now();
    const before = this.#record;
    const { progress, effects } = step(before, input, { now, random: random() });
    if (effects.length === 0 && progress.state === before.state && progress.desired === before.desired) return before;
    const connectedAt =
      progress.state.name === 'connected' && before.state.name !== 'connected' ? now : before.connectedAt;
    const account = effects.findLast((effect) => effect.type === 'set_account')?.account;
    const record = {
      ...before,
      ...progress,
      account: account === undefined ? before.account : account,
      connectedAt,
      updatedAt: now,
    };
    await store.commit(changeTo(record, effects, now));
    this.#record = record;
    this.#carryOut(before, effects);
    return record;
  }

  #carryOut(before: SessionRecord, effects: readonly Effect[]): void {
    const { state, run } = this.#record;
    if (state.name !== 'waiting') this.#cancelRetry();
    if (state.name !== 'linking') this.#qr = null;
    if (state.name !== 'connecting' || run !== before.run) this.#endOpening();
    if (before.state.name === 'connected' && state.name !== 'connected') this.#parts.traffic.offline(this.#record);
    if (before.state.name !== 'connected' && state.name === 'connected' && this.#run) {
      this.#parts.traffic.online(this.#record, this.#run);
    }
    // After pairing the run goes on without a QR code until WhatsApp asks for the restart: not for ever.
    if (state.name === 'connecting' && before.state.name === 'linking' && run === before.run) this.#limitOpening(run);
    for (const effect of effects) {
      if (effect.type === 'close') this.#closeRun();
      else if (effect.type === 'retry_at') this.#retryAt(effect.at);
      else if (effect.type === 'open') void this.#openRun(effect);
    }
    this.#tellQrWaiters();
    this.#parts.onState(this.#record);
  }

  #retryAt(at: number): void {
    const { clock } = this.#parts;
    this.#cancelRetry = clock.after(Math.max(0, at - clock.now()), () => void this.#insist({ type: 'retry' }));
  }

  /** Waits for the end of the run before and for a place in the budget, then opens. */
  async #openRun({ run, generation, refreshVersion }: Extract<Effect, { type: 'open' }>): Promise<void> {
    const { clock, engine, gate, log, network, qrLimit, random, store, version } = this.#parts;
    const opening: Opening = { run, abort: new AbortController(), leaveGate: nothing, cancelLimit: nothing };
    const { signal } = opening.abort;
    this.#opening = opening;
    await this.#closing;
    let protocol: ProtocolVersion | null;
    try {
      const leave = await gate.enter(signal);
      opening.leaveGate = leave;
      if (signal.aborted) leave();
      await new Promise<void>((resolve) => clock.after(random() * OPEN_JITTER_MS, resolve));
      protocol = await version(refreshVersion);
    } catch {
      return; // the signal's abort: nobody wants this opening any more
    }
    if (signal.aborted) return;
    this.#limitOpening(run);
    const { id } = this.#record;
    this.#run = engine.open({
      sessionId: id,
      network,
      version: protocol,
      qrLimit,
      credentials: store.credentials({ sessionId: id, generation }),
      sentMessage: async (waId) => (await store.messages.sent(id, waId)) ?? undefined,
      isKnown: async (waId) => (await store.messages.byWaIds(id, [waId])).length > 0,
      emit: (event) => this.#heard(run, event),
      log,
    });
  }

  #limitOpening(run: number): void {
    this.#opening ??= { run, abort: new AbortController(), leaveGate: nothing, cancelLimit: nothing };
    this.#opening.cancelLimit = this.#parts.clock.after(
      OPEN_LIMIT_MS,
      () => void this.#insist({ type: 'open_timeout', run }),
    );
  }

  #endOpening(): void {
    const opening = this.#opening;
    this.#opening = null;
    opening?.abort.abort();
    opening?.cancelLimit();
    opening?.leaveGate();
  }

  async #heard(run: number, event: EngineEvent): Promise<void> {
    if (run !== this.#record.run || this.#ended.signal.aborted) return;
    const { log, traffic } = this.#parts;
    switch (event.type) {
      case 'message':
      case 'receipt':
      case 'identity':
        return this.#untilStored(() => traffic.receive(this.#record, event), TRAFFIC_TRIES);
      case 'qr':
        this.#qr = { qr: event.qr, attempt: event.attempt, expiresAt: event.expiresAt };
        break;
      case 'closed': {
        const { how, code, conflict, raw } = event.ending;
        log.info({ run, how, code, conflict, raw }, 'The connection ended');
        this.#run = null;
        break;
      }
      case 'paired':
      case 'open':
      case 'account':
        break;
    }
    await this.#insist({ type: 'engine', run, event: lifecycle(event) });
  }

  /** For inputs that nobody can repeat. */
  #insist(input: Input): Promise<void> {
    return this.#untilStored(() => this.tell(input));
  }

  /** A commit that failed (a full disk) is tried again: WhatsApp does not tell of it twice. */
  async #untilStored(commit: () => Promise<unknown>, tries = Number.POSITIVE_INFINITY): Promise<void> {
    for (let attempt = 1; attempt <= tries && !this.#ended.signal.aborted; attempt += 1) {
      try {
        await commit();
        return;
      } catch (error) {
        this.#parts.log.error({ error }, 'What happened could not be stored; it is tried again');
        await new Promise<void>((resolve) => this.#parts.clock.after(COMMIT_RETRY_MS, resolve));
      }
    }
  }

  #closeRun(): void {
    const run = this.#run;
    if (!run) return;
    this.#run = null;
    const { clock, closeTimeoutMs, log } = this.#parts;
    this.#closing = new Promise((resolve) => {
      const cancel = clock.after(closeTimeoutMs, () => {
        log.warn({ closeTimeoutMs }, 'Closing the connection took too long; it was abandoned');
        resolve();
      });
      run
        .close('disconnect')
        .catch((error: unknown) => log.warn({ error }, 'Closing the connection failed'))
        .finally(() => {
          cancel();
          resolve();
        });
    });
  }

  #canShowQr(): boolean {
    const { state, linked } = this.#record;
    return !linked && (isLive(state) || state.name === 'waiting');
  }

  #tellQrWaiters(): void {
    if (!this.#qr && this.#canShowQr()) return;
    for (const done of [...this.#qrWaiters]) done(this.#qr);
  }
}

const nothing = (): void => undefined;

function changeTo(record: SessionRecord, effects: readonly Effect[], now: number): Change {
  const { id, name, tenantId } = record;
  const events: EventDraft[] = [];
  const wipes: Write[] = [];
  for (const effect of effects) {
    if (effect.type === 'announce') {
      // `step` keeps type and data together; the spread loses that for the compiler.
      const { event: type, data } = effect;
      events.push({ type, data, tenantId, session: { id, name }, occurredAt: now } as EventDraft);
    } else if (effect.type === 'wipe_credentials') {
      wipes.push({ kind: 'credentials.wipe', owner: { sessionId: id, generation: effect.generation } });
    }
  }
  return [{ kind: 'session.update', id, patch: progressOf(record), events }, ...wipes];
}

/** The machine never sees the QR code itself: it would be stored with the state. */
function lifecycle(event: Exclude<EngineEvent, { type: 'message' | 'receipt' | 'identity' }>): LifecycleEvent {
  return event.type === 'qr' ? { type: 'qr', attempt: event.attempt, expiresAt: event.expiresAt } : event;
}
