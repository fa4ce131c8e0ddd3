import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionId } from '@zapfleet/contract';
import type { Ending } from '../domain/ending.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { Store } from '../ports/store.ts';
import { openStore } from '../store/open-store.ts';
import type { OpenedStore } from '../store/sqlite-store.ts';
import { fleetOn } from './fleet.fixture.ts';
import type { RunningFleet } from './fleet.ts';
import {
  account,
  type ManualClock,
  manualClock,
  type ScriptedEngine,
  scriptedEngine,
  silentLog,
} from './scripted.fixture.ts';

const dropped: Ending = { how: 'socket', code: null, conflict: null, until: null, raw: 'reset' };

describe('the fleet', () => {
  let clock: ManualClock;
  let engine: ScriptedEngine;
  let opened: OpenedStore;
  let fleet: RunningFleet;
  let online: SessionId[];

  const start = (store: Store, openConcurrency?: number) =>
    fleetOn({
      ...{ store, engine, clock },
      ...(openConcurrency !== undefined && { openConcurrency }),
      traffic: {
        receive: () => Promise.resolve(),
        online: ({ id }) => void online.push(id),
        offline: ({ id }) => {
          online = online.filter((other) => other !== id);
        },
      },
    });

  const settings = { label: null, ignore: {}, metadata: {}, autoCleanupOnLogout: null };
  const create = (name: string, start = true) =>
    fleet.create({
      tenantId: defaultTenantId,
      name,
      engine: 'baileys',
      network: 'whatsapp',
      timeZone: 'UTC',
      settings,
      start,
    });
  const stateOf = async (id: SessionId) => (await opened.store.sessions.get(id))?.state;

  beforeEach(async () => {
    clock = manualClock();
    engine = scriptedEngine();
    online = [];
    opened = await openStore({ path: null, encryptionKeys: [new Uint8Array(32)], clock, log: silentLog });
    fleet = start(opened.store);
  });
  afterEach(async () => {
    for (const run of engine.runs) run.letClose();
    await fleet.close();
    await opened.store.close();
  });

  it('creates no session for an engine that is not usable here, and says what helps', async () => {
    engine.stands = { usable: false, version: null, missing: 'There is no browser.', help: 'Install one.' };
    await expect(create('a')).rejects.toMatchObject({
      code: 'not_supported_by_engine',
      message: 'There is no browser. Install one.',
    });
    expect(await fleet.engines()).toEqual([
      expect.objectContaining({ engine: 'baileys', usable: false, missing: 'There is no browser.' }),
    ]);
  });

  it('shows the QR code while it is on show, and never stores it', async () => {
    const { id } = await create('a');
    const first = await engine.run(1);
    const waiting = fleet.waitForQr(id, 20_000, new AbortController().signal);
    await first.emit({ type: 'qr', qr: 'secret-qr-text', attempt: 1, expiresAt: clock.now() + 60_000 });
    expect(await waiting).toEqual({ qr: 'secret-qr-text', attempt: 1, expiresAt: clock.now() + 60_000 });
    expect(await stateOf(id)).toMatchObject({ name: 'linking', attempt: 1 });
    const stored = await opened.events.read(0, opened.events.last(), { tenantId: null, types: null }, 100);
    expect(JSON.stringify(stored)).not.toContain('secret-qr-text');
    await fleet.stop(id);
    expect(fleet.qr(id)).toBeNull();
  });

  it('answers a wait for a QR code with nothing once none can come', async () => {
    const { id } = await create('a');
    await engine.run(1);
    const waiting = fleet.waitForQr(id, 20_000, new AbortController().signal);
    await fleet.stop(id);
    expect(await waiting).toBeNull();
  });

  it('is connected when the engine is, tells the messages, and ignores what a dead run still says', async () => {
    const { id } = await create('a');
    const first = await engine.run(1);
    await first.emit({ type: 'open', account });
    expect(await stateOf(id)).toMatchObject({ name: 'connected' });
    expect(online).toEqual([id]);
    await fleet.restart(id);
    const second = await engine.run(2);
    await first.emit({
      type: 'closed',
      ending: { ...dropped, how: 'stream_error', code: 401, conflict: 'device_removed' },
    });
    expect(await stateOf(id)).toMatchObject({ name: 'connecting' });
    await second.emit({ type: 'open', account });
    expect(await stateOf(id)).toMatchObject({ name: 'connected' });
  });

  it('waits after a drop and opens again when the time has come', async () => {
    const { id } = await create('a');
    const first = await engine.run(1);
    await first.emit({ type: 'open', account });
    await first.emit({ type: 'closed', ending: dropped });
    const state = await stateOf(id);
    expect(state).toMatchObject({ name: 'waiting', attempt: 1, cause: { code: 'connection_lost' } });
    expect(online).toEqual([]);
    clock.advance(1_000);
    await engine.run(2);
    expect(await stateOf(id)).toMatchObject({ name: 'connecting' });
  });

  it('gives an opening up after a minute, and closes what hangs', async () => {
    const { id } = await create('a');
    const first = await engine.run(1);
    clock.advance(60_000);
    await fleet.start(id).catch(() => undefined);
    expect(first.closedBy).toBe('disconnect');
  });

  it('opens the next run only when the one before is closed, or abandoned after the limit', async () => {
    engine.closeHangs = true;
    const { id } = await create('a');
    const first = await engine.run(1);
    await first.emit({ type: 'open', account });
    await fleet.restart(id);
    expect(engine.runs).toHaveLength(1);
    first.letClose();
    const second = await engine.run(2);
    await second.emit({ type: 'open', account });
    await fleet.restart(id);
    expect(engine.runs).toHaveLength(2);
    clock.advance(5_000);
    await engine.run(3);
  });

  it('restores what shall run and leaves the rest, within the budget of openings', async () => {
    const running = await Promise.all(['a', 'b', 'c'].map((name) => create(name)));
    await Promise.all([1, 2, 3].map((number) => engine.run(number)));
    for (const run of engine.runs) await run.emit({ type: 'open', account });
    const { id: stopped } = await create('d');
    await fleet.stop(stopped);
    await fleet.close();

    engine = scriptedEngine();
    fleet = start(opened.store, 2);
    expect(await fleet.restore()).toBe(3);
    await engine.run(2);
    expect(engine.runs).toHaveLength(2);
    await engine.runs[0]?.emit({ type: 'open', account });
    await engine.run(3);
    expect(engine.runs.map(({ request }) => request.sessionId).toSorted()).toEqual(
      running.map(({ id }) => id).toSorted(),
    );
    expect(await stateOf(stopped)).toMatchObject({ name: 'stopped' });
  });

  it('wakes the sessions that wait for a network once one of them reached it', async () => {
    const { id: a } = await create('a');
    const { id: b } = await create('b');
    const [first, second] = [await engine.run(1), await engine.run(2)];
    await first.emit({ type: 'closed', ending: dropped });
    await second.emit({ type: 'closed', ending: dropped });
    await fleet.start(a);
    await (await engine.run(3)).emit({ type: 'open', account });
    await engine.run(4);
    expect(await stateOf(b)).toMatchObject({ name: 'connecting' });
  });

  it('does not lose the end of a run when the disk is full at that moment', async () => {
    let full = false;
    const store: Store = {
      ...opened.store,
      commit: (change) => (full ? Promise.reject(new Error('disk full')) : opened.store.commit(change)),
    };
    fleet = start(store);
    const { id } = await create('a');
    const first = await engine.run(1);
    await first.emit({ type: 'open', account });
    full = true;
    const told = first.emit({ type: 'closed', ending: dropped });
    await expect(fleet.stop(id)).rejects.toThrow('disk full');
    full = false;
    clock.advance(1_000);
    await told;
    expect(await stateOf(id)).toMatchObject({ name: 'waiting' });
  });

  it('refuses a taken name, an engine it has not and a network it has not', async () => {
    await create('Shop');
    await expect(create('shop')).rejects.toMatchObject({ code: 'session_name_taken' });
    const other = { tenantId: defaultTenantId, name: 'x', timeZone: 'UTC', settings, start: false };
    await expect(fleet.create({ ...other, engine: 'webjs', network: 'whatsapp' })).rejects.toMatchObject({
      code: 'not_supported_by_engine',
    });
    await expect(fleet.create({ ...other, engine: 'baileys', network: 'sandbox' })).rejects.toMatchObject({
      code: 'sandbox_unavailable',
    });
  });
});
