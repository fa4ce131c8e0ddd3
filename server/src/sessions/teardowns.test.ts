import type { SessionId } from '@zapfleet/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ending } from '../domain/ending.ts';
import { defaultTenantId } from '../domain/tenant.ts';
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

const settings = { label: null, ignore: {}, metadata: { plan: 'gold' }, autoCleanupOnLogout: null };
const ending = (more: Partial<Ending>): Ending => ({
  how: 'stream_error',
  code: null,
  conflict: null,
  until: null,
  raw: '',
  ...more,
});
const unlinkedByPhone = ending({ code: 401, conflict: 'device_removed' });

describe('logout and delete', () => {
  let clock: ManualClock;
  let engine: ScriptedEngine;
  let opened: OpenedStore;
  let fleet: RunningFleet;

  const start = () => fleetOn({ store: opened.store, engine, clock });

  beforeEach(async () => {
    clock = manualClock();
    engine = scriptedEngine();
    opened = await openStore({ path: null, encryptionKeys: [new Uint8Array(32)], clock, log: silentLog });
    fleet = start();
  });
  afterEach(async () => {
    for (const run of engine.runs) run.letClose();
    await fleet.close();
    await opened.store.close();
  });

  const create = (name: string) =>
    fleet.create({
      tenantId: defaultTenantId,
      name,
      engine: 'baileys',
      network: 'whatsapp',
      timeZone: 'UTC',
      settings,
      start: true,
    });
  async function createLinked(name: string) {
    const number = engine.runs.length + 1;
    const { id } = await create(name);
    const run = await engine.run(number);
    await run.emit({ type: 'paired', account });
    await run.request.credentials.commit({ put: [{ category: 'creds', id: 'main', value: new Uint8Array([1]) }] });
    await run.emit({ type: 'open', account });
    return { id, run };
  }
  const credentialsOf = async (id: SessionId) =>
    (await opened.store.credentialOwners()).filter(({ owner }) => owner.sessionId === id).length;
  const get = (id: SessionId) => opened.store.sessions.get(id);
  const settle = async () => {
    for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
  };

  it('logs a connected session out: WhatsApp is told, the credentials are gone, the configuration stays', async () => {
    const { id, run } = await createLinked('a');
    const receipt = await fleet.logout(id);
    expect(receipt).toMatchObject({
      unlinked: 'confirmed',
      steps: [{ outcome: 'done' }, { outcome: 'done' }, { outcome: 'done' }],
    });
    expect(run.closedBy).toBe('logout');
    expect(await get(id)).toMatchObject({
      linked: false,
      account: null,
      state: { name: 'logged_out', cleanupAt: null },
      settings,
    });
    expect(await credentialsOf(id)).toBe(0);
    clock.advance(10_000);
    await settle();
    expect(await get(id)).not.toBeNull();
  });

  it('takes the end of the connection that a logout causes for no news', async () => {
    engine.closeHangs = true;
    const { id, run } = await createLinked('a');
    const logout = fleet.logout(id);
    await settle();
    expect(run.closedBy).toBe('logout');
    await run.emit({ type: 'closed', ending: unlinkedByPhone });
    run.letClose();
    await logout;
    clock.advance(10_000);
    await settle();
    expect(await get(id)).toMatchObject({ state: { name: 'logged_out', cause: { code: 'logged_out_by_user' } } });
  });

  it('connects a stopped session once more to unlink it, for ten seconds at most', async () => {
    const { id } = await createLinked('a');
    await fleet.stop(id);
    const logout = fleet.logout(id);
    const again = await engine.run(2);
    await again.emit({ type: 'open', account });
    expect((await logout).unlinked).toBe('confirmed');
    expect(again.closedBy).toBe('logout');

    const { id: other } = await createLinked('b');
    await fleet.stop(other);
    const hanging = fleet.logout(other);
    await engine.run(4);
    clock.advance(10_000);
    expect(await hanging).toMatchObject({
      unlinked: 'unconfirmed',
      steps: [{ name: 'logout', detail: expect.stringContaining('10 s') as string }, {}, {}],
    });
    expect(await credentialsOf(other)).toBe(0);
  });

  it('answers not_linked where there is nothing to unlink, and a second logout as well', async () => {
    const { id } = await create('a');
    await engine.run(1);
    expect((await fleet.logout(id)).unlinked).toBe('not_linked');
    expect(await get(id)).toMatchObject({ state: { name: 'stopped' } });
    expect((await fleet.logout(id)).unlinked).toBe('not_linked');
  });

  it('does a logout asked for twice at once only once', async () => {
    const { id } = await createLinked('a');
    const [first, second] = await Promise.all([fleet.logout(id), fleet.logout(id)]);
    expect(second).toEqual(first);
    expect(first.unlinked).toBe('confirmed');
  });

  it('lets a start that comes during a logout begin anew after it', async () => {
    const { id } = await createLinked('a');
    const [, started] = await Promise.all([fleet.logout(id), fleet.start(id)]);
    expect(started).toMatchObject({ state: { name: 'connecting' }, linked: false, generation: 2 });
    await engine.run(2);
  });

  it('deletes a session: its name is free at once, and only the receipt is left', async () => {
    engine.closeHangs = true;
    const { id } = await createLinked('a');
    const deleting = fleet.remove(id, null, 15_000);
    await settle();
    const { id: next } = await create('a');
    expect(next).not.toBe(id);
    for (const run of engine.runs) run.letClose();
    const { done, receipt } = await deleting;
    expect(done).toBe(true);
    expect(receipt.steps.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'logout done',
      'close_engine done',
      'wipe_credentials done',
      'remove_remote skipped',
      'verify_remote skipped',
      'remove_files skipped',
      'remove_rows done',
    ]);
    expect(await get(id)).toBeNull();
    expect(await credentialsOf(id)).toBe(0);
    expect(await fleet.remove(id, null, 0)).toEqual({ done: true, receipt });
    expect(await fleet.receipt(id, null)).toEqual({ done: true, receipt });
  });

  it('answers what is left when a delete takes too long, and refuses other verbs meanwhile', async () => {
    engine.closeHangs = true;
    const { id, run } = await createLinked('a');
    const deleting = fleet.remove(id, null, 1_000);
    await settle();
    clock.advance(1_000);
    const { done, receipt } = await deleting;
    expect(done).toBe(false);
    expect(receipt).toMatchObject({
      unlinked: 'unconfirmed',
      steps: [{ name: 'logout', outcome: 'pending' }, {}, {}, {}, {}, {}, {}],
    });
    await expect(fleet.start(id)).rejects.toMatchObject({ code: 'session_busy' });
    run.letClose();
    expect((await fleet.remove(id, null, 15_000)).done).toBe(true);
  });

  it('deletes from every state', async () => {
    const states: Record<string, () => Promise<SessionId>> = {
      stopped: async () => {
        const { id } = await createLinked('s');
        await fleet.stop(id);
        return id;
      },
      connecting: async () => (await create('c')).id,
      connected: async () => (await createLinked('k')).id,
      waiting: async () => {
        const { id, run } = await createLinked('w');
        await run.emit({ type: 'closed', ending: ending({ how: 'socket' }) });
        return id;
      },
      failed: async () => {
        const { id, run } = await createLinked('f');
        await run.emit({ type: 'closed', ending: ending({ code: 440 }) });
        return id;
      },
      logged_out: async () => {
        const { id, run } = await createLinked('l');
        await run.emit({ type: 'closed', ending: unlinkedByPhone });
        return id;
      },
    };
    for (const [name, make] of Object.entries(states)) {
      const id = await make();
      expect((await get(id))?.state.name).toBe(name);
      const removing = fleet.remove(id, null, 60_000);
      await settle();
      clock.advance(10_000);
      expect((await removing).done, name).toBe(true);
      expect(await get(id), name).toBeNull();
    }
  });

  it('goes on after a crash with what was left of a delete', async () => {
    engine.closeHangs = true;
    const { id } = await createLinked('a');
    void fleet.remove(id, null, 0);
    await settle();
    expect(await get(id)).toMatchObject({ state: { name: 'deleting' } });
    // The process dies here: nothing of the old fleet is asked again.
    const old = engine;
    engine = scriptedEngine();
    const after = start();
    await after.restore();
    const run = await engine.run(1);
    await run.emit({ type: 'open', account });
    const { done, receipt } = await after.remove(id, null, 60_000);
    expect(done).toBe(true);
    expect(receipt.unlinked).toBe('confirmed');
    expect(await get(id)).toBeNull();
    for (const one of old.runs) one.letClose();
    await after.close();
  });

  it('removes a session that WhatsApp logged out after the delay, and none that was started again', async () => {
    const { id, run } = await createLinked('a');
    await run.emit({ type: 'closed', ending: unlinkedByPhone });
    expect(await get(id)).toMatchObject({ state: { name: 'logged_out' } });
    const { id: kept, run: other } = await createLinked('b');
    await other.emit({ type: 'closed', ending: unlinkedByPhone });
    await fleet.start(kept);
    clock.advance(3_000);
    await settle();
    expect(await get(id)).toBeNull();
    expect((await fleet.receipt(id, null))?.receipt.unlinked).toBe('not_linked');
    expect(await get(kept)).toMatchObject({ state: { name: 'connecting' } });
  });

  it('keeps a session that says so, whatever the server is configured to', async () => {
    const { id, run } = await createLinked('a');
    await fleet.patch(id, { autoCleanupOnLogout: false });
    await run.emit({ type: 'closed', ending: unlinkedByPhone });
    clock.advance(60_000);
    await settle();
    expect(await get(id)).toMatchObject({ state: { name: 'logged_out', cleanupAt: null } });
  });

  it('never removes a session for a ban, damaged credentials or its own logout', async () => {
    for (const [name, end] of [
      ['banned', ending({ code: 403 })],
      ['damaged', ending({ how: 'credentials_unreadable' })],
      ['rejected', ending({ how: 'invalid_identity' })],
    ] as const) {
      const { id, run } = await createLinked(name);
      await run.emit({ type: 'closed', ending: end });
      clock.advance(60_000);
      await settle();
      expect(await get(id), name).toMatchObject({ state: { name: 'failed' } });
    }
  });

  it('cleans up many, tells how far it is, and says beforehand what it would do', async () => {
    const { id: kept } = await createLinked('kept');
    const gone = [(await create('x')).id, (await create('y')).id];
    for (const id of gone) await fleet.stop(id);
    const scope = { tenantId: null, states: ['stopped' as const] };
    expect(await fleet.cleanupPreview(scope)).toMatchObject([{ name: 'x' }, { name: 'y' }]);
    expect(await get(gone[0] ?? kept)).not.toBeNull();
    const progress = await fleet.cleanup(scope, 15_000);
    expect(progress).toMatchObject({ done: true, total: 2, finished: 2, result: { ok: true, deleted: 2, errors: [] } });
    expect(progress.result?.receipts.map(({ sessionId }) => sessionId).toSorted()).toEqual(gone.toSorted());
    expect(await get(kept)).not.toBeNull();
    expect(await fleet.cleanupProgress(progress.id, null)).toEqual(progress);
    expect(await fleet.cleanup({ tenantId: null, states: ['failed'] }, 15_000)).toMatchObject({ done: true, total: 0 });
  });

  it('finds credentials that belong to no session, and leaves those that were put aside', async () => {
    const { id, run } = await createLinked('a');
    await run.emit({ type: 'closed', ending: ending({ how: 'credentials_unreadable' }) });
    await fleet.start(id);
    const late = { sessionId: id, generation: 99 };
    await opened.store.commit([
      { kind: 'credentials.put', owner: late, put: [{ category: 'c', id: 'x', value: new Uint8Array([1]) }] },
    ]);
    expect(await fleet.reconcile()).toBe(1);
    expect(await fleet.reconcile()).toBe(0);
    expect(await credentialsOf(id)).toBe(1);
    const told = await opened.events.read(
      0,
      opened.events.last(),
      { tenantId: null, types: new Set(['orphan.found']) },
      10,
    );
    expect(told.map(({ json }) => json)).toEqual([expect.stringContaining(`${id} generation 99`)]);
  });

  it('degrades a session that is deaf, reconnects it, and leaves an idle healthy one alone for a day', async () => {
    const { id } = await createLinked('a');
    for (let minutes = 0; minutes < 24 * 60; minutes += 1) {
      clock.advance(60_000);
      await settle();
    }
    expect(engine.runs).toHaveLength(1);
    engine.onProbe = () => Promise.reject(new Error('no answer'));
    clock.advance(60_000);
    await settle();
    expect(await get(id)).toMatchObject({ state: { name: 'connected', health: { status: 'degraded' } } });
    clock.advance(5_000);
    await settle();
    expect(await get(id)).toMatchObject({ state: { name: 'waiting', cause: { code: 'connection_lost' } } });
    expect(engine.runs[0]?.closedBy).toBe('disconnect');
    engine.onProbe = () => Promise.resolve();
    clock.advance(1_000);
    await (await engine.run(2)).emit({ type: 'open', account });
    expect(await get(id)).toMatchObject({ state: { name: 'connected', health: { status: 'ok' } } });
  });
});
