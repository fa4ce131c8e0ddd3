/** The disk of the server fills up under load: it says so, loses nothing, and goes on when there is room again. */
import { spawnSync } from 'node:child_process';
import { rm, open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from './client.ts';
import { allConnected, type Load, makeFleet } from './loaded-fleet.ts';
import { alarming, envOf, expectHealthy, integrityOf, roundOf, size, some } from './load-round.ts';
import { fromTheStart } from './reckoning.ts';
import { startSandbox, startServer } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startReceiver } from './webhook-receiver.ts';

const long = process.env['TEST_LONG'] === '1';
const times = long ? 20 : 2;
const DISK_MB = 48;

type Disk = AsyncDisposable & { path: string; fill(): Promise<void>; empty(): Promise<void> };

/** A file system of its own in memory. null: only root may have one. */
async function smallDisk(): Promise<Disk | null> {
  const folder = await temporaryFolder();
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'zapfleet-test', folder.path]);
  if (status !== 0) {
    await folder[Symbol.asyncDispose]();
    return null;
  }
  const unmount = () => void spawnSync('umount', ['-l', folder.path]);
  // An aborted run leaves nothing mounted.
  process.once('exit', unmount);
  const filler = join(folder.path, 'filler');
  return {
    path: folder.path,
    fill: async () => {
      const file = await open(filler, 'w');
      try {
        for (;;) await file.write(Buffer.alloc(64 * 1024, 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        await file.close();
      }
    },
    empty: () => rm(filler),
    async [Symbol.asyncDispose]() {
      unmount();
      process.off('exit', unmount);
      await folder[Symbol.asyncDispose]();
    },
  };
}

const mayMount = await (async () => {
  await using disk = await smallDisk();
  return disk !== null;
})();

describe.skipIf(!mayMount)('a disk that is full (needs root, to mount one)', () => {
  it(`under load: new sends are answered 507, nothing is lost, and all goes on with room, ${times} times`, {
    timeout: long ? 3_600_000 : 300_000,
  }, async () => {
    await using network = await startSandbox();
    await using receiver = await startReceiver();
    await using disk = await smallDisk();
    if (!disk) throw new Error('a disk could be mounted a moment ago');
    await using server = await startServer({ store: 'sqlite', env: envOf(network), dataDir: disk.path });
    const client = connect(server);
    const fleet = await makeFleet(client, network, receiver, size);
    const strike = async (load: Load): Promise<void> => {
      for (let time = 0; time < times; time += 1) {
        await load.goesOnFor(some());
        await disk.fill();
        await load.isTurnedAway('disk_full');
        // What comes in takes the last of it.
        await server.printed(/The disk of the database is (full)/, 60_000);
        const { sessions, friends } = fleet;
        const send = {
          params: { id: sessions[0]?.id ?? '' },
          body: { to: friends[0] ?? '', text: 'no room for this' },
        };
        expect(await client.refusal('sendMessage', send)).toMatchObject({ status: 507, code: 'disk_full' });
        // What does not need room goes on.
        expect((await client.call('listSessions')).data).toHaveLength(sessions.length);
        await disk.empty();
        await load.goesOnFor(some());
        await allConnected(fleet, client);
      }
    };
    const round = { name: 'full', position: fromTheStart(), strike, unansweredMs: 50 };
    expect(await roundOf(fleet, () => client, round)).toEqual([]);
    await expectHealthy(fleet, client);
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toMatch(alarming);
    expect(integrityOf(disk.path)).toEqual(['ok']);
  });
});
