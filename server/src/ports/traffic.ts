/** What sessions hand to messages: siblings that do not know each other meet here. */
import type { SessionRecord } from '../domain/session.ts';
import type { EngineEvent, EngineRun } from './engine.ts';

/** The events of an engine that are traffic; the others are the session machine's. */
export type TrafficEvent = Exclude<EngineEvent, { type: 'qr' | 'paired' | 'open' | 'account' | 'closed' }>;

export type Traffic = {
  /** Resolves when the event is committed; rejects when that failed (a message then stays in the engine's journal). */
  receive(session: SessionRecord, event: TrafficEvent): Promise<void>;
  /** The session can send from now on, through this run. */
  online(session: SessionRecord, run: EngineRun): void;
  /** The run that was told by `online` is over. */
  offline(session: SessionRecord): void;
};
