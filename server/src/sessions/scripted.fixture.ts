/** What the tests of sessions and messages run on: time that stands still until it is moved, and an engine that does what the test says. */
import type { EngineEvent, EngineRun, EngineStanding, Engine, OpenRequest, SendOutcome } from '../ports/engine.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog };

export const account = {
  phoneNumber: '5511987654321',
  jid: '5511987654321@s.whatsapp.net',
  lid: '1@lid',
  pushName: 'Ana',
};

export type ManualClock = Clock & { advance(ms: number): void };

export function manualClock(start = Date.parse('2026-01-01T12:00:00Z')): ManualClock {
  let now = start;
  const timers = new Set<{ at: number; call: () => void }>();
  return {
    now: () => now,
    after(ms, call) {
      const timer = { at: now + ms, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)) {
        if (timers.delete(timer)) timer.call();
      }
    },
  };
}

/** One run that the engine was asked for. `close` hangs until `closed()` is called where `hangs` is set. */
export type ScriptedRun = {
  request: OpenRequest;
  emit(event: EngineEvent): Promise<void>;
  closedBy: 'disconnect' | 'logout' | null;
  sent: string[];
  letClose(): void;
};

export type ScriptedEngine = Engine & {
  runs: ScriptedRun[];
  /** Set before a run is opened. */
  closeHangs: boolean;
  /** How a probe query is answered; by default it is. */
  onProbe: () => Promise<void>;
  /** What WhatsApp says to an unlink. */
  unlinked: 'confirmed' | 'unconfirmed';
  /** How a send is answered; by default acknowledged. */
  onSend: (waId: string, named: (waId: string) => Promise<void>) => Promise<SendOutcome>;
  /** Whether it can carry sessions here. */
  stands: EngineStanding;
  /** The next run that is opened, or the newest one when `after` runs are open already. */
  run(number: number): Promise<ScriptedRun>;
};

export function scriptedEngine(): ScriptedEngine {
  const arrivals = new Set<() => void>();
  const engine: ScriptedEngine = {
    name: 'baileys',
    capabilities: new Set(['text', 'pairing_code', 'own_message_id']),
    runs: [],
    stands: { usable: true, version: '1' },
    standing: () => Promise.resolve(engine.stands),
    closeHangs: false,
    onProbe: () => Promise.resolve(),
    unlinked: 'confirmed',
    onSend: () => Promise.resolve({ ok: true, timestamp: 1, kept: new Uint8Array([1]) }),
    open(request) {
      const { promise: mayClose, resolve: letClose } = Promise.withResolvers<undefined>();
      if (!engine.closeHangs) letClose(undefined);
      const run: ScriptedRun = {
        request,
        emit: (event) => request.emit(event),
        closedBy: null,
        sent: [],
        letClose: () => letClose(undefined),
      };
      engine.runs.push(run);
      for (const arrived of arrivals) arrived();
      const carrier: EngineRun = {
        requestPairingCode: () => Promise.resolve({ code: 'ABCD-1234', expiresAt: 1 }),
        send: (message, named) => {
          run.sent.push(message.waId);
          return engine.onSend(message.waId, named);
        },
        markRead: () => Promise.resolve(),
        lookUp: (phoneNumber) =>
          Promise.resolve({ exists: true, jid: `${phoneNumber}@s.whatsapp.net`, lid: `${phoneNumber}9@lid` }),
        probe: () => engine.onProbe(),
        close: async (how) => {
          run.closedBy = how;
          await mayClose;
          return { unlinked: how === 'logout' ? engine.unlinked : 'not_linked' };
        },
      };
      return carrier;
    },
    run: (number) =>
      new Promise((resolve) => {
        const look = () => {
          const run = engine.runs[number - 1];
          if (!run) return;
          arrivals.delete(look);
          resolve(run);
        };
        arrivals.add(look);
        look();
      }),
  };
  return engine;
}
