/** The sessions that are logged in, for what is asked of WhatsApp at once and answered at once: it is never stored, and never tried again by itself. */
import type { EngineName, SessionId } from '@zapfleet/contract';
import { GatewayError } from '../domain/gateway-error.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import { type Capability, EngineRefused, type EngineRun } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';

const ANSWER_LIMIT_MS = 20_000;

export type LiveRunsParts = {
  clock: Clock;
  log: Log;
  can(engine: EngineName, capability: Capability): boolean;
};

/** `change`: whether something may be done though no answer came. */
export type Question = { needs: Capability; change: boolean };

export type LiveRuns = {
  online(session: SessionRecord, run: EngineRun): void;
  offline(session: SessionRecord): void;
  /** Whether this is the run of the session still. */
  isLive(session: SessionRecord, run: EngineRun): boolean;
  /**
   * Asks through the run of this session. `call` answers undefined where the run has not what it needs. Throws `not_supported_by_engine`,
   * `session_not_connected`, `whatsapp_refused` and, when no answer came within 20 s, `whatsapp_unavailable`.
   */
  ask<T>(session: SessionRecord, question: Question, call: (run: EngineRun) => Promise<T> | undefined): Promise<T>;
};

export function createLiveRuns({ clock, log, can }: LiveRunsParts): LiveRuns {
  const runs = new Map<SessionId, EngineRun>();

  async function inTime<T>(answer: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const cancel = clock.after(ANSWER_LIMIT_MS, () => late.reject(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`)));
    return Promise.race([answer, late.promise]).finally(cancel);
  }

  return {
    online: ({ id }, run) => void runs.set(id, run),
    offline: ({ id }) => void runs.delete(id),
    isLive: ({ id }, run) => runs.get(id) === run,
    async ask(session, { needs, change }, call) {
      if (!can(session.engine, needs)) throw new GatewayError('not_supported_by_engine');
      const run = runs.get(session.id);
      if (!run) {
        const state = session.state.name;
        throw new GatewayError('session_not_connected', `The session is not connected: it is ${state}.`, { state });
      }
      const answer = call(run);
      if (!answer) throw new GatewayError('not_supported_by_engine');
      try {
        return await inTime(answer);
      } catch (error) {
        if (error instanceof GatewayError) throw error;
        if (error instanceof EngineRefused) {
          throw new GatewayError('whatsapp_refused', `WhatsApp refused: ${error.message}.`, { code: error.code });
        }
        log.warn({ sessionId: session.id, needs, error }, 'WhatsApp did not answer');
        throw new GatewayError(
          'whatsapp_unavailable',
          change
            ? 'WhatsApp did not answer in time. What was asked for may be done all the same.'
            : 'WhatsApp did not answer in time. Nothing was changed.',
        );
      }
    },
  };
}
