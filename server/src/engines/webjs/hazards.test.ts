/** What the library and the browser do to who uses them: each of these ended a process, lost a login or left a browser behind somewhere. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Sandbox } from '@zapfleet/sandbox';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Engine, Network } from '../../ports/engine.ts';
import type { Store } from '../../ports/store.ts';
import { folderOrphans } from '../../sessions/folder-orphans.ts';
import { Phone } from '../conformance-phone.ts';
import { ConformanceSession, type RecordedLog } from '../conformance-session.ts';
import { networkOf, text, to } from '../conformance-setting.ts';
import { BrowserSession } from './browser-session.ts';
import { findChromium } from './chromium.ts';
import { Launches } from './launches.ts';
import { loadLibrary } from './library.ts';
import { engineOn, newFolder, processesOn, removeFolder } from './setting.fixture.ts';

const XVFB = '/usr/bin/Xvfb';
const isRoot = process.getuid?.() === 0;

let sandbox: Sandbox;
let network: Network;
let folder: string;
let engine: Engine & { log: RecordedLog };

beforeAll(async () => {
  sandbox = await Sandbox.create();
  network = networkOf(sandbox);
  folder = await newFolder();
  engine = engineOn(folder);
});
afterAll(async () => {
  await sandbox.close();
  await removeFolder(folder);
});
afterEach(() => {
  expect(processesOn(folder)).toEqual([]);
});

const profileOf = ({ id }: ConformanceSession): string => join(folder, `${id}.1`);

async function linked(owner: Phone, on: Engine = engine): Promise<ConformanceSession> {
  const session = new ConformanceSession(on, network);
  session.open();
  await owner.scan((await session.event('qr')).qr);
  await session.event('open');
  return session;
}

async function restored(session: ConformanceSession): Promise<void> {
  session.open();
  await session.event('open');
  expect(session.events.map(({ type }) => type)).not.toContain('qr');
}

test('closed right after the pairing, killed, or started where another machine left its lock: the login is restored without a QR code', async () => {
  const [ana, bob] = [await Phone.create(sandbox, 'Ana'), await Phone.create(sandbox, 'Bob')];
  await using session = await linked(ana);
  await session.run.close('disconnect');
  await restored(session);

  // A page that hangs answers nothing any more, and a browser that is killed says nothing.
  await ana.fault('hang');
  const send = session.send(to(bob.jid, text('into the void')));
  const rejected = expect(send).rejects.toThrow('the run ended');
  const killedAt = Date.now();
  process.kill(processesOn(profileOf(session))[0] ?? 0, 'SIGKILL');
  expect((await session.event('closed')).ending).toMatchObject({ how: 'socket', raw: 'the browser ended by itself' });
  expect(Date.now() - killedAt).toBeLessThan(5_000);
  await rejected;
  await ana.calmDown();

  await rm(join(profileOf(session), 'SingletonLock'), { force: true });
  await symlink('another-host-4711', join(profileOf(session), 'SingletonLock'));
  await restored(session);
  // The processes of its pages, each of its own; which is that of our page does not show.
  for (const pid of processesOn(profileOf(session)).filter(isRenderer)) process.kill(pid, 'SIGKILL');
  expect((await session.event('closed')).ending).toMatchObject({
    how: 'socket',
    raw: expect.stringMatching(/crashed|closed/) as string,
  });
  expect(session.events.filter(({ type }) => type === 'closed')).toHaveLength(1);
});

test('unlinked by the phone while a file of the profile is busy: the run ends, nothing is thrown, and the next link begins in a new browser', async () => {
  const ana = await Phone.create(sandbox, 'Ana');
  await using session = await linked(ana);
  const profile = profileOf(session);
  const left = async () => (await readdir(folder)).filter((name) => name.startsWith(session.id));
  const [before] = processesOn(profile);
  const letGo = await keepBusy(profile);
  let trash = '';
  try {
    await ana.unlinkAll();
    expect((await session.event('closed')).ending).toMatchObject({ code: 401, conflict: 'device_removed' });
    expect(processesOn(profile)).toEqual([]);
    // Out of the way of the next one all the same.
    trash = (await left())[0] ?? '';
    expect(trash).toMatch(/^ses_\d+\.1\.trash\.[0-9a-f]{8}$/);
    session.credentials.values.clear();
    session.open();
    await session.event('qr');
    expect(processesOn(profile)[0]).not.toBe(before);
    await session.run.close('disconnect');
  } finally {
    await letGo(join(folder, trash));
  }
  const store = { sessions: { get: () => Promise.resolve(null) } } as unknown as Store;
  const orphans = await folderOrphans(store, folder).find();
  expect(orphans.map(({ what }) => what)).toContain(trash);
  for (const { remove } of orphans) await remove?.();
  expect(await left()).toEqual([]);
});

/** Makes a file of the folder one that cannot be removed: busy, as a lock file is elsewhere; where that takes rights we lack, in a folder that is closed. */
async function keepBusy(profile: string): Promise<(profile: string) => Promise<void>> {
  const inside = join(profile, 'busy');
  await mkdir(inside);
  const file = join(inside, 'lockfile');
  await writeFile(file, '');
  try {
    if (!isRoot) throw new Error('only root can');
    execFileSync('mount', ['--bind', file, file], { stdio: 'ignore' });
    return (moved) => Promise.resolve(void execFileSync('umount', [join(moved, 'busy', 'lockfile')]));
  } catch {
    await chmod(inside, 0o500);
    return (moved) => chmod(join(moved, 'busy'), 0o700);
  }
}

test('what the page had told the sender of, and a killed process had not stored, is told after the restart, and nothing else again', async () => {
  const [ana, bob] = [await Phone.create(sandbox, 'Ana'), await Phone.create(sandbox, 'Bob')];
  await using session = await linked(ana);
  await bob.write(ana, 'stored');
  await session.message('stored');
  session.forgetsMessages = true;
  const waId = await bob.write(ana, 'never stored');
  await bob.shows(({ id, status }) => id === waId && status === 'delivered');
  await session.run.close('disconnect');

  await using reborn = session.afterKill();
  await restored(reborn);
  expect(await reborn.message('never stored')).toMatchObject({ waId, offline: true, fromMe: false });
  await bob.write(ana, 'afterwards');
  await reborn.message('afterwards');
  const told = reborn.events.flatMap((event) => (event.type === 'message' ? [event.message.content] : []));
  expect(told).toMatchObject([{ text: 'never stored' }, { text: 'afterwards' }]);
});

test('a logout over a page that does not answer is unconfirmed, and ends the browser and its profile all the same', async () => {
  const ana = await Phone.create(sandbox, 'Ana');
  await using session = await linked(ana);
  await ana.fault('hang');
  expect(await session.run.close('logout')).toEqual({ unlinked: 'unconfirmed' });
  expect((await session.event('closed')).ending.how).toBe('closed');
  expect(existsSync(profileOf(session))).toBe(false);
  await ana.calmDown();
});

test('a login that the browser has lost is named so, and is not taken for a logout by WhatsApp', async () => {
  await using session = await linked(await Phone.create(sandbox, 'Ana'));
  await session.run.close('disconnect');
  await rm(join(profileOf(session), 'Default'), { recursive: true });
  session.open();
  expect((await session.event('closed')).ending.how).toBe('credentials_unreadable');
  await rm(profileOf(session), { recursive: true });
  session.open();
  expect((await session.event('closed')).ending.how).toBe('credentials_unreadable');
});

test.each([0, 50, 400, 900])(
  'closed %i ms after it was opened, and twice, it leaves no browser and says one thing',
  async (ms) => {
    await using session = new ConformanceSession(engine, network);
    session.open();
    await new Promise((resolve) => setTimeout(resolve, ms));
    await Promise.all([session.run.close('disconnect'), session.run.close('disconnect')]);
    expect(processesOn(profileOf(session))).toEqual([]);
    expect(session.events.map(({ type }) => type).filter((type) => type !== 'qr')).toEqual(['closed']);
  },
);

test('a program that starts the browser as its child, and one that is no browser, leave nothing behind', async () => {
  const wrapper = join(folder, 'wrapper');
  await writeFile(wrapper, `#!/bin/sh\n"${findChromium(null) ?? ''}" "$@"\n`, { mode: 0o755 });
  await using session = new ConformanceSession(engineOn(folder, wrapper), network);
  session.open();
  await session.event('qr');
  await session.run.close('disconnect');
  expect(processesOn(profileOf(session))).toEqual([]);

  await using none = new ConformanceSession(engineOn(folder, '/bin/false'), network);
  none.open();
  expect((await none.event('closed')).ending.how).toBe('socket');
});

test('an address that changes repeats nothing, and a sync that ended unheard is noticed', async () => {
  const { session, profile } = await browserSession(network);
  try {
    const heard: string[] = [];
    for (const name of ['qr', 'authenticated', 'ready']) session.client.on(name, () => heard.push(name));
    const shown = new Promise((resolve) => session.client.once('qr', resolve));
    await session.start();
    await shown;
    await session.ask(`history.pushState({}, '', '/somewhere')`);
    // The library would look at the page again and again now, each time after 200 ms at the latest.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(heard).toEqual(['qr']);
    const authenticated = new Promise((resolve) => session.client.once('authenticated', resolve));
    await session.ask(`void (window.require('WAWebSocketModel').Socket.hasSynced = true)`);
    await authenticated;
  } finally {
    await session.end();
  }
  expect(processesOn(profile)).toEqual([]);
});

test('a window where there is no display is named so, and nothing is left', async () => {
  vi.stubEnv('DISPLAY', undefined);
  vi.stubEnv('WAYLAND_DISPLAY', undefined);
  try {
    await using session = new ConformanceSession(engine, network);
    session.open({ headless: false });
    expect((await session.event('closed')).ending.how).toBe('display_missing');
    expect(processesOn(profileOf(session))).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
  }
});

test.runIf(existsSync(XVFB))('a window opens where there is a display', async () => {
  const screen = spawn(XVFB, ['-displayfd', '1', '-screen', '0', '800x600x24'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [number] = (await once(screen.stdout, 'data')) as [Buffer];
    vi.stubEnv('DISPLAY', `:${number.toString().trim()}`);
    await using session = new ConformanceSession(engine, network);
    session.open({ headless: false });
    await session.event('qr');
    const [browser = 0] = processesOn(profileOf(session));
    expect(readFileSync(`/proc/${browser}/cmdline`, 'utf8')).not.toContain('--headless');
    await session.run.close('disconnect');
  } finally {
    vi.unstubAllEnvs();
    screen.kill();
  }
});

test('a page that cannot be loaded rejects the start, and its browser ends', async () => {
  const { session, profile } = await browserSession({ ...network, url: 'ws://127.0.0.1:1/ws/chat' });
  await expect(session.start()).rejects.toThrow('ERR_CONNECTION_REFUSED');
  await session.end();
  expect(processesOn(profile)).toEqual([]);
});

async function browserSession(where: Network): Promise<{ session: BrowserSession; profile: string }> {
  const profile = join(folder, `plain-${where.url.length}`);
  const nothing = (): void => undefined;
  const session = new BrowserSession(
    {
      ...{ profile, network: where, headless: true, path: findChromium(null) ?? '' },
      ...{ library: await loadLibrary(), launches: new Launches() },
    },
    { stateChanged: nothing, nameChanged: nothing, loggedOut: nothing, gone: nothing },
  );
  return { session, profile };
}

function isRenderer(pid: number): boolean {
  return execFileSync('cat', [`/proc/${pid}/cmdline`])
    .toString()
    .includes('--type=renderer');
}
