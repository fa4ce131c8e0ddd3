/** WhatsApp's signals that this account may open no new chats for a time, as far as this version of Baileys hears them. */
import type { BaileysEventMap, WASocket } from 'baileys';
import { ExpiringMap } from './expiring-map.ts';
import { NewChatMessageCappingStatusType } from './library.ts';
import type { RunContext } from './run-context.ts';

/** Each refused message would ask again otherwise. */
const ASK_AT_MOST_EVERY_MS = 60_000;

type ReachoutLock = NonNullable<BaileysEventMap['connection.update']['reachoutTimeLock']>;

export class Restrictions {
  readonly #context: RunContext;
  readonly #asked = new ExpiringMap(ASK_AT_MOST_EVERY_MS);
  #isCapped = false;

  constructor(context: RunContext) {
    this.#context = context;
  }

  listen({ ev }: WASocket): void {
    ev.on('connection.update', ({ reachoutTimeLock }) => {
      if (reachoutTimeLock) this.#lock(reachoutTimeLock);
    });
    ev.on('message-capping.update', ({ capping_status: status, cycle_end_timestamp: end }) => {
      const isCapped = status === NewChatMessageCappingStatusType.CAPPED;
      if (isCapped) this.#tell(end ? Number(end) * 1000 : null, 'the quota of new chats is used up');
      else if (this.#isCapped) this.#tell(Date.now(), 'the quota of new chats is open again');
      this.#isCapped = isCapped;
    });
  }

  /**
   * A message was refused: the account is restricted, or only this chat lacks a token that WhatsApp wants to see. It says which, and until when,
   * when it is asked.
   */
  ask(): void {
    if (this.#asked.get('both')) return;
    this.#asked.set('both', true);
    const { socket, unlessEnded, request } = this.#context;
    const { fetchAccountReachoutTimelock, fetchNewChatMessageCap } = socket();
    unlessEnded(Promise.all([fetchAccountReachoutTimelock(), fetchNewChatMessageCap()])).catch((error: unknown) => {
      request.log.debug({ reason: String(error) }, 'WhatsApp did not say whether the account is restricted');
    });
  }

  #lock({ isActive, timeEnforcementEnds, enforcementType }: ReachoutLock): void {
    const until = isActive ? (timeEnforcementEnds?.getTime() ?? null) : Date.now();
    this.#tell(until, `reach-out lock (${enforcementType ?? 'no reason given'})`);
  }

  #tell(until: number | null, reason: string): void {
    this.#context.reporter.tell({ type: 'restriction', scope: 'new_chats', until, reason });
  }
}
