/** What is measured: Zapfleet, and the raw library beside it. Both do the same work on the same network. */
import type { Group, Phone } from './network.ts';

/** A text from a session, by its place in the fleet, to a person or a group. */
export type Outgoing = { readonly session: number; readonly to: Phone | Group; readonly text: string };

export type Restart = {
  /** CPU that its process had taken before the first session was opened, or would have taken with none. */
  readonly cpuBeforeMs: number;
  /** From the start of the restore until the last session was connected. */
  readonly onlineMs: number;
};

export type Contender = AsyncDisposable & {
  readonly name: 'zapfleet' | 'raw';
  /** Of the process that runs now. */
  readonly pid: number;
  /** Whose sessions are linked, in the order of their pairing. */
  readonly fleet: readonly Phone[];
  /** Links one session to each phone. Resolves when all are connected. */
  pair(phones: readonly Phone[]): Promise<void>;
  /** Ends the process and starts another, which brings back the whole fleet. */
  restart(): Promise<Restart>;
  /** Resolves when so many more messages have come in, were decrypted and handed out, and no more than so many. */
  received(count: number): Promise<void>;
  /**
   * Sends, at most 32 at a time. Resolves when the network has acknowledged all, and all to persons were delivered (of a group nobody says when that is
   * so). Answers the latencies in ms.
   */
  send(messages: readonly Outgoing[]): Promise<number[]>;
};

export const SENT_AT_A_TIME = 32;
