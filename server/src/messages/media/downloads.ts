/**
 * Fetches the files of received messages: what is due stands in its row, so that a restart goes on where it was. A few at a time altogether, and
 * fewer of each session, so that none waits for another's thousand pictures.
 */
import type { MediaId, SessionId } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import { localDay } from '../../domain/local-day.ts';
import { type MediaRecord, mediaResource, retryDelay } from '../../domain/media.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { Clock } from '../../ports/clock.ts';
import { type EngineRun, MediaGone } from '../../ports/engine.ts';
import type { Log } from '../../ports/log.ts';
import { DiskFull, FileTooLarge } from '../../ports/media-files.ts';
import type { Change, EventDraft, MediaPatch, Store } from '../../ports/store.ts';
import type { Intake, Taken } from './intake.ts';
import { withPatience } from './patience.ts';

export type Downloads = {
  online(session: SessionRecord, run: EngineRun): void;
  offline(id: SessionId): void;
  /** A row came that is due. */
  wake(id: SessionId): void;
  /** Fetches one that waits, now. Throws `session_not_connected`, `not_supported_by_engine` and `quota_exceeded`. */
  fetch(media: MediaRecord): Promise<void>;
  /** Resolves when the file is no longer `pending` after a download, or after `ms`. */
  settled(id: MediaId, ms: number): Promise<void>;
  /** Gives up what is under way; it goes on after the next start. */
  close(): Promise<void>;
};

export type DownloadParts = {
  store: Store;
  intake: Intake;
  clock: Clock;
  log: Log;
  /** How many at a time. */
  atOnce: number;
  /** Bytes; a longer one is given up. */
  most: number;
};

const AT_ONCE_PER_SESSION = 2;
/** The phone may have to be asked for it, and to upload it again. */
const BEGINS_WITHIN_MS = 120_000;
const NOTHING_FOR_MS = 60_000;
const DISK_FULL_PAUSE_MS = 60_000;
const STORE_PAUSE_MS = 5_000;

type Carrier = {
  session: SessionRecord;
  run: EngineRun;
  active: Map<MediaId, AbortController>;
  /** Whether there may be more that is due. */
  hungry: boolean;
  cancelTimer: () => void;
};

export function createDownloads({ store, intake, clock, log, atOnce, most }: DownloadParts): Downloads {
  /** In the order of their turns. */
  const carriers = new Map<SessionId, Carrier>();
  const waiting = new Map<MediaId, Set<() => void>>();
  const underWay = new Set<Promise<void>>();
  let pumping = false;
  let closed = false;

  /** Fills the free places, each session in its turn. */
  async function pump(): Promise<void> {
    // Whatever wakes it sets what it looks for: the loop that runs already sees it.
    if (pumping) return;
    pumping = true;
    try {
      for (let next = nextCarrier(); next; next = nextCarrier()) await begin(next);
    } catch (error) {
      log.error({ error }, 'The files that wait to be fetched could not be read');
    } finally {
      pumping = false;
    }
  }

  function nextCarrier(): Carrier | undefined {
    if (closed || underWay.size >= atOnce) return undefined;
    return [...carriers.values()].find(({ hungry, active }) => hungry && active.size < AT_ONCE_PER_SESSION);
  }

  async function begin(carrier: Carrier): Promise<void> {
    const { id } = carrier.session;
    carrier.hungry = false;
    const now = clock.now();
    const due = await store.media.due(id, now, AT_ONCE_PER_SESSION + 1).catch((error: unknown) => {
      carrier.cancelTimer();
      carrier.cancelTimer = clock.after(STORE_PAUSE_MS, () => wake(id));
      throw error;
    });
    if (carriers.get(id) !== carrier) return;
    const one = due.find((media) => !carrier.active.has(media.id));
    if (one) {
      carrier.hungry = true;
      start(carrier, one);
    } else await sleep(carrier, now);
    // To the end of the line.
    if (carriers.get(id) === carrier) {
      carriers.delete(id);
      carriers.set(id, carrier);
    }
  }

  async function sleep(carrier: Carrier, now: number): Promise<void> {
    carrier.cancelTimer();
    const at = await store.media.nextDue(carrier.session.id, now);
    if (at !== null) carrier.cancelTimer = clock.after(at - now, () => wake(carrier.session.id));
  }

  function wake(id: SessionId): void {
    const carrier = carriers.get(id);
    if (!carrier) return;
    // Where the engine cannot fetch, it waits for one that can.
    carrier.hungry = carrier.run.media !== undefined;
    void pump();
  }

  function start(carrier: Carrier, media: MediaRecord): void {
    const { session, run, active } = carrier;
    const given = new AbortController();
    active.set(media.id, given);
    const isOver = (): boolean => closed || carriers.get(session.id) !== carrier;
    const work = download(session, run, media, given, isOver)
      .catch((error: unknown) => {
        log.error({ error, sessionId: session.id, mediaId: media.id }, 'What came of a download could not be stored');
        return postpone(media, DISK_FULL_PAUSE_MS, reasonOf(error)).catch(() => undefined);
      })
      .then(() => {
        active.delete(media.id);
        underWay.delete(work);
        for (const tell of waiting.get(media.id) ?? []) tell();
        // It may be due again later, and another place is free.
        wake(session.id);
        void pump();
      });
    underWay.add(work);
  }

  async function download(
    session: SessionRecord,
    run: EngineRun,
    media: MediaRecord,
    given: AbortController,
    isOver: () => boolean,
  ): Promise<void> {
    let taken: Taken;
    try {
      if (!run.media || !media.ref) throw new Error('it is not known where it is');
      await intake.requireRoom(session.tenantId, media.size ?? 1);
      const slow = clock.after(BEGINS_WITHIN_MS, () => given.abort(new Error('it did not come in time')));
      const source = await run.media.download(media.ref, given.signal).finally(slow);
      const patient = withPatience(source, NOTHING_FOR_MS, clock, given);
      taken = await intake.take(session.tenantId, patient, most, given.signal);
    } catch (error) {
      // The connection ended below it: it is still due, and goes on with the next one.
      if (!isOver()) await failed(session, media, error);
      return;
    }
    const { file, seen } = taken;
    const { size, sha256 } = file;
    const patch: MediaPatch = {
      state: 'stored',
      file: file.id,
      usedAt: clock.now(),
      size,
      sha256,
      width: media.width ?? seen.width,
      height: media.height ?? seen.height,
      seconds: media.seconds ?? seen.seconds,
      ref: null,
      retryAt: null,
      reason: null,
    };
    const kept = await conclude(session, media, patch, taken).catch(async (error: unknown) => {
      await intake.discard(taken);
      throw error;
    });
    if (!kept) await intake.discard(taken);
  }

  async function failed(session: SessionRecord, media: MediaRecord, error: unknown): Promise<void> {
    const reason = reasonOf(error);
    const fields = { sessionId: session.id, messageId: media.messageId, mediaId: media.id, reason };
    if (error instanceof DiskFull) {
      log.error(fields, 'The disk is full: files of messages wait until there is space');
      await postpone(media, DISK_FULL_PAUSE_MS, reason);
      return;
    }
    if (error instanceof GatewayError && error.code === 'quota_exceeded') {
      await leave(session, media, reason);
      return;
    }
    const attempts = media.attempts + 1;
    const delay = retryDelay(attempts);
    const final = { attempts, retryAt: null, ref: null, reason } as const;
    if (error instanceof MediaGone) {
      log.info(fields, 'A file is to be had no more');
      await conclude(session, media, { ...final, state: 'gone' }, null);
    } else if (error instanceof FileTooLarge || delay === null) {
      log.warn(fields, 'A file could not be fetched, and is given up');
      await conclude(session, media, { ...final, state: 'failed' }, null);
    } else {
      log.info({ ...fields, attempts }, 'A file could not be fetched; it is tried again');
      await postpone(media, delay, reason, attempts);
    }
  }

  /** The tenant may keep no more: it is where it was, for who asks for it when there is room. */
  async function leave({ id, name, tenantId }: SessionRecord, media: MediaRecord, reason: string): Promise<void> {
    const now = clock.now();
    const limit = 'mediaBytes';
    const told: EventDraft = {
      type: 'limit.reached',
      ...{ tenantId, session: { id, name }, occurredAt: now },
      data: { limit, resetsAt: null, reason },
    };
    await store.commit([
      { kind: 'media.update', id: media.id, from: ['pending'], patch: { retryAt: null, reason }, file: null },
      { kind: 'tenant.tell', id: tenantId, day: localDay(now, 'UTC'), limit, events: [told] },
    ]);
  }

  async function postpone(media: MediaRecord, ms: number, reason: string, attempts?: number): Promise<void> {
    const patch = { retryAt: clock.now() + ms, reason, ...(attempts !== undefined && { attempts }) };
    await store.commit([{ kind: 'media.update', id: media.id, from: ['pending'], patch, file: null }]);
  }

  /** The end of it, told by `message.media`. False when the message or its session is gone meanwhile. */
  async function conclude(
    session: SessionRecord,
    media: MediaRecord,
    patch: MediaPatch,
    taken: Taken | null,
  ): Promise<boolean> {
    const message = media.messageId === null ? null : await store.messages.get(media.messageId, null);
    const told: EventDraft[] = message
      ? [
          {
            type: 'message.media',
            tenantId: session.tenantId,
            session: { id: session.id, name: session.name },
            occurredAt: clock.now(),
            data: {
              messageId: message.id,
              waId: message.waId,
              chat: message.chat,
              media: mediaResource({ ...media, ...patch }),
            },
          },
        ]
      : [];
    const change: Change = [
      {
        kind: 'media.update',
        id: media.id,
        from: ['pending'],
        patch,
        file: taken?.added ?? null,
        required: true,
        events: told,
      },
      ...(taken?.room ?? []),
    ];
    return (await store.commit(change)).committed;
  }

  return {
    online(session, run) {
      carriers.get(session.id)?.cancelTimer();
      carriers.set(session.id, { session, run, active: new Map(), hungry: false, cancelTimer: () => undefined });
      wake(session.id);
    },
    offline(id) {
      const carrier = carriers.get(id);
      carriers.delete(id);
      carrier?.cancelTimer();
      for (const given of carrier?.active.values() ?? []) given.abort(new Error('the connection ended'));
    },
    wake,
    async fetch(media) {
      if (media.sessionId === null) return;
      const carrier = carriers.get(media.sessionId);
      if (!carrier) throw new GatewayError('session_not_connected', 'The file comes when the session is connected.');
      if (!carrier.run.media) throw new GatewayError('not_supported_by_engine');
      await intake.requireRoom(carrier.session.tenantId, media.size ?? 1);
      const now = clock.now();
      if (media.retryAt === null || media.retryAt > now) {
        const patch = { retryAt: now };
        await store.commit([{ kind: 'media.update', id: media.id, from: ['pending'], patch, file: null }]);
      }
      wake(media.sessionId);
    },
    settled(id, ms) {
      if (ms <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const tellers = waiting.get(id) ?? new Set();
        const tell = (): void => {
          cancel();
          tellers.delete(tell);
          if (tellers.size === 0) waiting.delete(id);
          resolve();
        };
        const cancel = clock.after(ms, tell);
        waiting.set(id, tellers.add(tell));
      });
    },
    async close() {
      closed = true;
      for (const { active, cancelTimer } of carriers.values()) {
        cancelTimer();
        for (const given of active.values()) given.abort(new Error('the server stops'));
      }
      await Promise.allSettled(underWay);
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
