/**
 * Writes down what becomes of deliveries, many in one commit. A delivery that ends soon is written once, with its end; until then it holds the cursor
 * back, so that a crash sends it again. What takes longer is written as pending, and the cursor goes on.
 */
import type { SessionId, TenantId, WebhookId } from '@zapfleet/contract';
import type { DeliveryRow, Outcome } from '../domain/delivery.ts';
import { createMinuteCounts, minuteOf } from '../domain/figures.ts';
import type { WebhookPatch } from '../domain/webhook.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Change, EventDraft, Store } from '../ports/store.ts';

/** Told when rows of its webhook were stored. */
export type LedgerListener = { saved(): void };

export type Ledger = {
  /** The log was read up to here, and every delivery of it noted. */
  reached(seq: number): void;
  /** `isRunning`: its end may come soon. `isNew`: there is no row of it yet. */
  note(listener: LedgerListener, row: DeliveryRow, how: { isRunning: boolean; isNew: boolean }): void;
  /** Whether the last word about it is not stored yet. */
  has(webhookId: WebhookId, seq: number): boolean;
  /** What came of an attempt; stored in the commit of its delivery, which is noted before or at the same time. */
  count(tenantId: TenantId, sessionId: SessionId | null, outcome: Outcome): void;
  /** A change of a webhook that follows from its deliveries. */
  change(id: WebhookId, patch: WebhookPatch, events?: readonly EventDraft[]): void;
  /** Nothing more is kept of a webhook that is gone. */
  forget(id: WebhookId): void;
  /** Resolves when what has ended, or `all` that was noted, is stored. Rejects when it cannot be. */
  flush(all?: boolean): Promise<void>;
  /** Resolves when what was counted is stored. Rejects when it cannot be. */
  settle(): Promise<void>;
  /** Resolves when there is room for more. */
  room(): Promise<void>;
  /** How far the log was read, as it is stored. */
  readonly stored: number;
  close(): Promise<void>;
};

type Entry = { row: DeliveryRow; listener: LedgerListener; isRunning: boolean; isNew: boolean; notedAt: number };
type WebhookChange = { patch: WebhookPatch; events: readonly EventDraft[] };

/** What was delivered in this time before a crash is delivered again after it. */
const EVERY_MS = 100;
const RUNNING_KEPT_MS = 1000;
const MANY = 200;
const MOST = 2000;
const RETRY_MS = 1000;
/** How often the cursor alone is stored, where no delivery takes it along. */
const CURSOR_EVERY_MS = 10_000;

/** `stored`: the cursor as the store has it; null when it has none. */
export function createLedger(
  { store, clock, log }: { store: Store; clock: Clock; log: Log },
  from: { position: number; stored: number | null },
): Ledger {
  /** New ones stand in the order of the log. */
  let entries = new Map<string, Entry>();
  let changes = new Map<WebhookId, WebhookChange>();
  const counts = createMinuteCounts();
  let { position } = from;
  let stored = from.stored ?? -1;
  let turn: Promise<unknown> = Promise.resolve();
  let timer: { at: number; cancel: () => void } | null = null;
  let waiting: (() => void)[] = [];
  let closed = false;

  const keyOf = (webhookId: WebhookId, seq: number): string => `${webhookId} ${seq}`;

  function schedule(ms: number): void {
    const at = clock.now() + ms;
    if (closed || (timer && timer.at <= at)) return;
    timer?.cancel();
    timer = {
      at,
      cancel: clock.after(ms, () => {
        timer = null;
        flush(false).catch((error: unknown) => {
          log.error({ error }, 'What became of webhook deliveries could not be stored; it is tried again');
          schedule(RETRY_MS);
        });
      }),
    };
  }

  function flush(all: boolean): Promise<void> {
    const done = turn.then(() => write(all));
    turn = done.catch(() => undefined);
    return done;
  }

  async function write(all: boolean): Promise<void> {
    const now = clock.now();
    const isReady = ({ isRunning, notedAt }: Entry): boolean => all || !isRunning || now - notedAt >= RUNNING_KEPT_MS;
    // In a chat that keeps its order the store must know of the one under way before it hears of those behind it.
    const chats = new Set<string>();
    for (const entry of entries.values()) {
      if (entry.row.chat !== null && entry.row.status === 'pending' && isReady(entry)) chats.add(entry.row.chat);
    }
    const chosen: [string, Entry][] = [];
    let upTo = position;
    for (const [key, entry] of entries) {
      if (isReady(entry) || (entry.row.chat !== null && chats.has(entry.row.chat))) chosen.push([key, entry]);
      else if (entry.isNew) upTo = Math.min(upTo, entry.row.seq - 1);
    }
    const ofWebhooks = changes;
    if (chosen.length === 0 && ofWebhooks.size === 0 && counts.size === 0 && upTo <= stored) return;
    changes = new Map();
    const counted = counts.take();
    const rows = chosen.map(([, { row }]) => row).sort((a, b) => a.seq - b.seq);
    const change: Change = [
      { kind: 'deliveries.record', rows, upTo: Math.max(upTo, stored), now },
      { kind: 'figures.add', rows: counted, read: null },
      ...[...ofWebhooks].map(([id, { patch, events }]) => ({ kind: 'webhook.update' as const, id, patch, events })),
    ];
    try {
      await store.commit(change);
    } catch (error) {
      counts.putBack(counted);
      for (const [id, { patch, events }] of ofWebhooks) merge(id, patch, events, 'before');
      throw error;
    }
    stored = Math.max(upTo, stored);
    settle(chosen);
  }

  /** What was noted anew meanwhile stays for the next time, as a row that exists. */
  function settle(written: readonly [string, Entry][]): void {
    const told = new Set<LedgerListener>();
    for (const [key, entry] of written) {
      const now = entries.get(key);
      if (now === entry) entries.delete(key);
      else if (now) now.isNew = false;
      told.add(entry.listener);
    }
    if (entries.size > 0) schedule(RUNNING_KEPT_MS);
    if (entries.size < MOST) {
      for (const resolve of waiting) resolve();
      waiting = [];
    }
    for (const listener of told) listener.saved();
  }

  function merge(
    id: WebhookId,
    patch: WebhookPatch,
    events: readonly EventDraft[],
    place: 'before' | 'after' = 'after',
  ): void {
    const other = changes.get(id) ?? { patch: {}, events: [] };
    changes.set(
      id,
      place === 'after'
        ? { patch: { ...other.patch, ...patch }, events: [...other.events, ...events] }
        : { patch: { ...patch, ...other.patch }, events: [...events, ...other.events] },
    );
  }

  return {
    reached(seq) {
      position = seq;
      if (entries.size === 0) schedule(CURSOR_EVERY_MS);
    },
    note(listener, row, { isRunning, isNew }) {
      const key = keyOf(row.webhookId, row.seq);
      const before = entries.get(key);
      const entry = {
        row,
        listener,
        isRunning,
        isNew: before?.isNew ?? isNew,
        notedAt: before?.notedAt ?? clock.now(),
      };
      // A key that is there keeps its place in the order.
      entries.set(key, entry);
      if (!isRunning) schedule(entries.size >= MANY ? 0 : EVERY_MS);
      else schedule(RUNNING_KEPT_MS);
    },
    has: (webhookId, seq) => entries.has(keyOf(webhookId, seq)),
    count(tenantId, sessionId, outcome) {
      const of = { tenantId, sessionId, minute: minuteOf(clock.now()) };
      counts.add(of, outcome === 'delivered' ? 'deliveriesDone' : 'attemptsFailed');
      if (outcome === 'dead') counts.add(of, 'deliveriesDead');
    },
    change(id, patch, events = []) {
      merge(id, patch, events);
      schedule(EVERY_MS);
    },
    forget(id) {
      changes.delete(id);
      entries = new Map([...entries].filter(([, { row }]) => row.webhookId !== id));
    },
    settle: () => (counts.size === 0 ? turn.then(() => undefined) : flush(false)),
    flush: (all = false) => flush(all),
    room: () => (entries.size < MOST ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    get stored() {
      return stored;
    },
    async close() {
      timer?.cancel();
      closed = true;
      await flush(true);
    },
  };
}
