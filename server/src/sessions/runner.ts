/**
 * Carries one session: feeds `step` with what people, timers and the engine say, commits what it decides and carries out the effects.
 * It alone owns the session's engine run. Inputs are taken one after another.
 */
import { GatewayError } from '../domain/gateway-error.ts';
import { causeOf } from '../domain/resources.ts';
import { progressOf, type SessionRecord } from '../domain/session.ts';
import { type Effect, type Input, type LifecycleEvent, step } from '../domain/step.ts';
import type { Clock } from '../ports/clock.ts';
import type { Engine, EngineEvent, EngineRun, Network, ProtocolVersion } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { Change, EventDraft, Store, Write } from '../ports/store.ts';
import type { Traffic, TrafficEvent } from '../ports/traffic.ts';
import type { LiveQr } from './fleet-api.ts';
import { HealthProbe } from './health-probe.ts';
import { Insistence } from './insistence.ts';
import { LiveQrCode } from './live-qr-code.ts';
import type { OpenGate } from './open-gate.ts';
import { isTraffic, openRequest } from './open-request.ts';
import { ownServer } from './own-server.ts';
import type { ProxyAddresses } from './session-proxy.ts';
import { type Unlinking, type UnlinkOutcome, unlinkOver, unlinkOverNewRun } from './unlink.ts';

const OPEN_LIMIT_MS = 60_000;
const OPEN_JITTER_MS = 50;
/** What cannot be stored by then is a fault of ours and must not hold back what follows; a message stays in the journal. */
const TRAFFIC_TRIES = 30;

export type RunnerParts = {
  store: Store;
  /** null: this server has no such engine or network any more; the session can be stopped and deleted, not started. */
  way: Way | null;
  version(refresh: boolean): Promise<ProtocolVersion | null>;
  gate: OpenGate;
  traffic: Traffic;
  clock: Clock;
  /** In [0, 1). */
  random(): number;
  log: Log;
  qrLimit: number;
  closeTimeoutMs: number;
  /** How often a connected session is asked whether it still hears. */
  probeEveryMs: number;
  /** By how much the process itself was behind lately, in ms. */
  lagMs(): number;
  proxyAddresses: ProxyAddresses;
  /** What follows a logout by WhatsApp, where the session does not say otherwise. */
  autoCleanup: boolean;
  cleanupDelayMs: number;
  /** Called after each commit of a new state. */
  onState(record: SessionRecord): void;
  /** The time has come to remove a session that WhatsApp logged out. */
  onCleanup(record: SessionRecord): void;
};

/** What carries a session, and where to. */
export type Way = { engine: Engine; network: Network };

const unopened = { how: 'socket', code: null, conflict: null, until: null } as const;

/** An opening that is under way: it holds a place in the budget and is given up at a deadline. */
type Opening = { run: number; abort: AbortController; leaveGate: () => void; cancelLimit: () => void };

export class SessionRunner {
  readonly #parts: RunnerParts;
  #record: SessionRecord;
  #run: EngineRun | null = null;
  /** The run, while it is logged in; also when the session is just being deleted. */
  #online: EngineRun | null = null;
  /** Resolves when the run before is surely over: the next one opens only then. */
  #closing: Promise<void> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();
  #cancelRetry: () => void = nothing;
  readonly #probe: HealthProbe;
  #cancelCleanup: () => void = nothing;
  /** The run that is being unlinked: how it ends is no news for the machine. */
  #leaving: number | null = null;
  #opening: Opening | null = null;
  readonly #qr = new LiveQrCode();
  readonly #ended = new AbortController();
  readonly #insistence: Insistence;

  constructor(record: SessionRecord, parts: RunnerParts) {
    this.#record = record;
    this.#parts = parts;
    const { clock, log, probeEveryMs: everyMs, random } = parts;
    this.#insistence = new Insistence({ ...parts, signal: this.#ended.signal });
    this.#probe = new HealthProbe({ clock, log, everyMs, random });
  }

  get record(): SessionRecord {
    return this.#record;
  }

  /** What the engine keeps of this session on another server; null where there is nothing of the kind. */
  get remote(): { remove(): Promise<number>; count(): Promise<number> } | null {
    const { engine, network } = this.#parts.way ?? {};
    const remote = engine?.remote;
    if (!remote || !network) return null;
    const owner = async () => {
      const server = await ownServer(this.#parts.store, this.#record);
      return { sessionId: this.#record.id, network, server };
    };
    return { remove: async () => remote.remove(await owner()), count: async () => remote.count(await owner()) };
  }

  /** The QR code on show. */
  get qr(): LiveQr | null {
    return this.#qr.onShow;
  }

  /**
   * A verb of a person, or the boot. Resolves with the record once the new state is stored, together with what else belongs into that
   * commit; rejects when it could not be stored.
   */
  tell(input: Input, also: Change = []): Promise<SessionRecord> {
    return this.#inTurn(() => this.#take(input, also));
  }

  /** Changes settings, in turn with the states so that neither overwrites the other. */
  patch(
    change: (record: SessionRecord) => Partial<Pick<SessionRecord, 'settings' | 'timeZone'>>,
    also: Change = [],
  ): Promise<SessionRecord> {
    return this.#inTurn(async () => {
      const updated = { ...change(this.#record), updatedAt: this.#parts.clock.now() };
      await this.#parts.store.commit([{ kind: 'session.update', id: this.#record.id, patch: updated }, ...also]);
      this.#record = { ...this.#record, ...updated };
      return this.#record;
    });
  }

  /** The QR code on show, or the next one; null when none came within `ms` or none can come any more. */
  waitForQr(ms: number, signal: AbortSignal): Promise<LiveQr | null> {
    return this.#qr.wait(ms, signal, this.#parts.clock);
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

  /**
   * Asks WhatsApp to remove this device, over the live run or one that is opened for it. The state does not change: what comes next is
   * the caller's business. Never rejects.
   */
  async unlink(): Promise<UnlinkOutcome> {
    if (!this.#record.linked) return { unlinked: 'not_linked' };
    const live = this.#online;
    const cause = causeOf(this.#record.state)?.code;
    if (!live && (cause === 'banned' || cause === 'banned_until')) {
      return { unlinked: 'unconfirmed', detail: 'the account is banned, so no connection was tried' };
    }
    this.#leaving = this.#record.run;
    if (live) {
      this.#run = null;
      this.#online = null;
      this.#probe.stop();
      this.#parts.traffic.offline(this.#record);
    } else {
      await this.closeRun();
    }
    const { outcome, closed } = live ? unlinkOver(live) : this.#unlinkOverNewRun();
    this.#closing = closed;
    return outcome;
  }

  #unlinkOverNewRun(): Unlinking {
    const { way } = this.#parts;
    if (way) return unlinkOverNewRun({ ...this.#parts, ...way }, this.#record);
    const detail = 'this server has no such engine or network any more';
    return { outcome: Promise.resolve({ unlinked: 'unconfirmed', detail }), closed: Promise.resolve() };
  }

  /** Ends the run if there is one; resolves when it is closed or abandoned. */
  async closeRun(): Promise<void> {
    this.#endOpening();
    this.#closeRun();
    await this.#closing;
  }

  /** Ends the run without a logout and takes no further input; what is stored stays, for the next boot to go on from. */
  async shutdown(): Promise<void> {
    this.#ended.abort();
    this.#cancelRetry();
    this.#probe.stop();
    this.#cancelCleanup();
    this.#endOpening();
    if (this.#record.state.name === 'connected') this.#parts.traffic.offline(this.#record);
    this.#closeRun();
    this.#qr.noneWillCome();
    await Promise.all([this.#closing, this.#turn]);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(nothing);
    return result;
  }

  async #take(input: Input, also: Change): Promise<SessionRecord> {
    if (this.#ended.signal.aborted) return this.#record;
    const { clock, random, store } = this.#parts;
    const now = clock.now();
    const before = this.#record;
    const cleanup = before.settings.autoCleanupOnLogout ?? this.#parts.autoCleanup;
    const cleanupDelayMs = cleanup ? this.#parts.cleanupDelayMs : null;
    const { progress, effects } = step(before, input, { now, random: random(), cleanupDelayMs });
    const same = effects.length === 0 && progress.state === before.state && progress.desired === before.desired;
    if (same) {
      if (also.length > 0) await store.commit(also);
      return before;
    }
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
    await store.commit([...changeTo(record, effects, now), ...also]);
    this.#record = record;
    this.#carryOut(before, effects);
    return record;
  }

  #carryOut(before: SessionRecord, effects: readonly Effect[]): void {
    const { state, run } = this.#record;
    if (state.name !== before.state.name && (state.name === 'failed' || state.name === 'logged_out')) {
      const { code, message, raw } = state.cause;
      // What was asked for is told by the lines of its steps.
      if (code !== 'logged_out_by_user') this.#parts.log.warn({ state: state.name, cause: code, raw }, message);
    }
    if (state.name !== 'waiting') this.#cancelRetry();
    if (state.name !== 'connecting' || run !== before.run) this.#endOpening();
    if (state.name !== 'logged_out' || state.cleanupAt === null) this.#cancelCleanup();
    if (before.state.name === 'connected' && state.name !== 'connected') {
      this.#probe.stop();
      if (this.#leaving !== before.run) this.#parts.traffic.offline(this.#record);
    }
    if (before.state.name !== 'connected' && state.name === 'connected' && this.#run) {
      this.#online = this.#run;
      this.#parts.traffic.online(this.#record, this.#run);
      this.#probe.start(this.#run, (answered) => {
        void this.#insist({ type: 'probe', run, answered, lagMs: this.#parts.lagMs() });
      });
    }
    // After pairing the run goes on without a QR code until WhatsApp asks for the restart: not for ever.
    if (state.name === 'connecting' && before.state.name === 'linking' && run === before.run) this.#limitOpening(run);
    for (const effect of effects) {
      if (effect.type === 'close') this.#closeRun();
      else if (effect.type === 'retry_at') this.#retryAt(effect.at);
      else if (effect.type === 'cleanup_at') this.#cleanupAt(effect.at);
      else if (effect.type === 'open') void this.#openRun(effect);
    }
    this.#qr.follow(this.#record);
    this.#parts.onState(this.#record);
  }

  #retryAt(at: number): void {
    const { clock } = this.#parts;
    this.#cancelRetry = clock.after(Math.max(0, at - clock.now()), () => void this.#insist({ type: 'retry' }));
  }

  #cleanupAt(at: number): void {
    const { clock, log, onCleanup } = this.#parts;
    log.info({ at: new Date(at).toISOString() }, 'WhatsApp logged this session out; it will be removed');
    this.#cancelCleanup = clock.after(Math.max(0, at - clock.now()), () => onCleanup(this.#record));
  }

  /** Waits for the end of the run before and for a place in the budget, then opens. */
  async #openRun({ run, generation, refreshVersion }: Extract<Effect, { type: 'open' }>): Promise<void> {
    const { clock, gate, random, version, way } = this.#parts;
    if (!way) return;
    const opening: Opening = { run, abort: new AbortController(), leaveGate: nothing, cancelLimit: nothing };
    const { signal } = opening.abort;
    this.#opening = opening;
    await this.#closing;
    let protocol: ProtocolVersion | null;
    try {
      // What comes over a connection must be stored before it is acknowledged: without a store it would only be lost again.
      await this.#parts.store.ready(signal);
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
    await this.#openWay(way, run, { generation, version: protocol, signal });
  }

  async #openWay(
    { engine, network }: Way,
    run: number,
    { signal, ...wanted }: { generation: number; version: ProtocolVersion | null; signal: AbortSignal },
  ): Promise<void> {
    const emit = (event: EngineEvent) => this.#heard(run, event);
    try {
      const request = await openRequest({ ...this.#parts, network }, this.#record, { ...wanted, emit });
      if (!signal.aborted) this.#run = engine.open(request);
    } catch (error) {
      await emit({ type: 'closed', ending: { ...unopened, raw: `it could not be opened: ${String(error)}` } });
    }
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
    if (isTraffic(event)) return this.#insistence.inOrder(() => traffic.receive(this.#record, event), TRAFFIC_TRIES);
    if (run === this.#leaving) return;
    switch (event.type) {
      case 'qr':
        this.#qr.prepare({ qr: event.qr, attempt: event.attempt, expiresAt: event.expiresAt });
        break;
      case 'closed': {
        const { how, code, conflict, raw } = event.ending;
        log.info({ run, how, code, conflict, raw }, 'The connection ended');
        this.#run = null;
        this.#online = null;
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
    return this.#insistence.untilStored(() => this.tell(input));
  }

  #closeRun(): void {
    const run = this.#run;
    if (!run) return;
    this.#run = null;
    this.#online = null;
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
    } else if (effect.type === 'spend_pairing_link') {
      wipes.push({ kind: 'link.spend', sessionId: id });
    }
  }
  return [{ kind: 'session.update', id, patch: progressOf(record), events }, ...wipes];
}

/** The machine never sees the QR code itself: it would be stored with the state. */
function lifecycle(event: Exclude<EngineEvent, TrafficEvent>): LifecycleEvent {
  return event.type === 'qr' ? { type: 'qr', attempt: event.attempt, expiresAt: event.expiresAt } : event;
}
