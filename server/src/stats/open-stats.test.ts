import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SessionId, TenantId } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { minuteOf } from '../domain/figures.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import { createEventLog } from '../events/event-log.ts';
import type { EventDraft, Store } from '../ports/store.ts';
import { manualClock, silentLog } from '../sessions/scripted.fixture.ts';
import { databaseUnavailable } from '../store/failures.ts';
import { openStore } from '../store/open-store.ts';
import { lid, sampleId } from '../store/records.fixture.ts';
import { openStats, type RunningStats } from './open-stats.ts';

const MINUTE = 60_000;
const all = { tenantId: null, sessionIds: null };

async function startWorld() {
  const clock = manualClock();
  const opened = await openStore({ path: null, encryptionKeys: [randomBytes(32)], clock, log: silentLog });
  const events = createEventLog(opened.events);
  const [a, b] = [sampleId('ses'), sampleId('ses')];
  const failed = (session: SessionId, tenantId: TenantId = defaultTenantId): EventDraft => ({
    ...{ tenantId, session: { id: session, name: 'shop' }, occurredAt: clock.now(), type: 'message.status' },
    data: { messageId: sampleId('msg'), waId: 'W', chat: lid('1'), status: 'failed', by: null },
  });
  const say = (...drafts: EventDraft[]) => opened.store.commit([{ kind: 'announce', events: drafts }]);
  const open = (store: Store = opened.store): Promise<RunningStats> =>
    openStats({ store, events, clock, log: silentLog });
  const here = minuteOf(clock.now());
  const range = { from: here - 59, to: here + 60, byMinute: true };
  return { clock, events, store: opened.store, open, failed, say, a, b, range, here };
}

/** A process that dies: nothing that it asks of the store from now on happens. */
function mortal(store: Store): { store: Store; die(): void } {
  let isDead = false;
  return {
    store: { ...store, commit: (change) => (isDead ? new Promise(() => undefined) : store.commit(change)) },
    die: () => {
      isDead = true;
    },
  };
}

describe('the statistics', () => {
  it('know what was committed before the question, though nothing of it is stored yet', async () => {
    const { open, say, failed, a, b, range, here, store } = await startWorld();
    const stats = await open();
    await say(failed(a), failed(b, sampleId('ten')), failed(a));
    const found = await stats.read(all, range);
    expect(found.total.messagesFailed).toBe(3);
    expect(found.bySession.get(a)?.messagesFailed).toBe(2);
    expect(found.byMinute?.get(here)?.messagesFailed).toBe(3);
    expect((await store.figures.bySession(all, 0, here + 1)).length).toBe(0);
    const ofTenant = await stats.read({ tenantId: defaultTenantId, sessionIds: null }, range);
    expect([...ofTenant.bySession.keys()]).toEqual([a]);
    const ofB = await stats.read({ tenantId: null, sessionIds: [b] }, { ...range, byMinute: false });
    expect([ofB.total.messagesFailed, ofB.byMinute]).toEqual([1, null]);
    expect((await stats.read(all, { ...range, to: here })).total.messagesFailed).toBe(0);
    await stats.close();
  });

  it('store what they counted now and then, and answer the same as before', async () => {
    const { open, say, failed, a, range, here, clock, store } = await startWorld();
    const stats = await open();
    await say(failed(a));
    await stats.read(all, range);
    clock.advance(MINUTE);
    await say(failed(a));
    const found = await stats.read(all, range);
    expect((await store.figures.byMinute(all, here, here + 1)).length).toBe(1);
    expect([...(found.byMinute ?? [])].map(([minute, { messagesFailed }]) => [minute - here, messagesFailed])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    await stats.close();
    const later = await open();
    expect(await later.read(all, range)).toEqual(found);
    await later.close();
  });

  it('count nothing twice and miss nothing when the process dies, whether it had stored something or not', async () => {
    const { open, say, failed, a, range, clock, store } = await startWorld();
    for (let life = 0, said = 0; life < 4; life += 1) {
      const { store: mine, die } = mortal(store);
      const stats = await open(mine);
      for (let count = 0; count < 3; count += 1, said += 1) await say(failed(a));
      expect((await stats.read(all, range)).total.messagesFailed).toBe(said);
      if (life % 2 === 0) clock.advance(MINUTE / 2);
      await stats.read(all, range);
      die();
      await say(failed(a), failed(a));
      said += 2;
    }
    const stats = await open();
    expect((await stats.read(all, range)).total.messagesFailed).toBe(20);
    await stats.close();
  });

  it('go on when the store could not take them for a while', async () => {
    const { open, say, failed, a, range, clock, store } = await startWorld();
    let isAway = false;
    const stats = await open({
      ...store,
      commit: (change) => (isAway ? Promise.reject(databaseUnavailable('It is away.')) : store.commit(change)),
    });
    isAway = true;
    await say(failed(a));
    await stats.read(all, range);
    clock.advance(MINUTE);
    await say(failed(a));
    expect((await stats.read(all, range)).total.messagesFailed).toBe(2);
    isAway = false;
    clock.advance(MINUTE);
    await nextTurn();
    await stats.close();
    expect((await store.figures.bySession(all, range.from, range.to))[0]?.figures.messagesFailed).toBe(2);
  });

  it('count once what was stored although the answer to the commit was lost', async () => {
    const { open, say, failed, a, range, clock, store } = await startWorld();
    let isLost = false;
    const stats = await open({
      ...store,
      commit: async (change) => {
        const result = await store.commit(change);
        if (isLost) throw databaseUnavailable('It is away.');
        return result;
      },
    });
    isLost = true;
    await say(failed(a));
    await stats.read(all, range);
    clock.advance(MINUTE);
    await stats.read(all, range);
    isLost = false;
    await say(failed(a));
    await stats.read(all, range);
    clock.advance(MINUTE);
    await stats.read(all, range);
    await say(failed(a));
    expect((await stats.read(all, range)).total.messagesFailed).toBe(3);
    await stats.close();
    expect((await store.figures.bySession(all, range.from, range.to))[0]?.figures.messagesFailed).toBe(3);
  });
});
