import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client, textOf, trust } from './testing/client.ts';
import { type Phone, call, linked, newPhone, screen, write } from './testing/controls.ts';
import { newGroup, writeInGroup } from './testing/groups.ts';
import { SandboxProcess } from './testing/process.ts';

const MAIN = new URL('./main.ts', import.meta.url).pathname;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
});
afterEach(async () => {
  await SandboxProcess.endAll();
  rmSync(folder, { recursive: true, force: true });
});

describe('the network in a process of its own', () => {
  it('says where it is and what to trust, ends on SIGTERM, and is the same afterwards', async () => {
    const first = await SandboxProcess.start(folder);
    expect(first.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/ws\/chat$/);
    expect(first.rootKey).toMatch(/^[0-9a-f]{64}$/);
    const ana = await newPhone(first, 'Ana', { owner: 'ten_1' });
    expect(await first.end('SIGTERM')).toBe(0);
    expect(statSync(join(folder, 'sandbox.db')).mode & 0o777).toBe(0o600);
    await using second = await SandboxProcess.start(folder);
    expect(second.rootKey).toBe(first.rootKey);
    expect(await call(second, 'GET', '/sandbox/phones?owner=ten_1')).toMatchObject({
      body: { data: [{ phoneNumber: ana.phoneNumber, lid: ana.lid, name: 'Ana' }] },
    });
  });

  it('writes down the authority of its media host, the same after a restart, and takes it away with a network in memory', async () => {
    const first = await SandboxProcess.start(folder);
    const authority = readFileSync(first.caFile, 'utf8');
    expect(first.caFile).toBe(join(folder, 'media-ca.pem'));
    expect(new X509Certificate(authority).ca).toBe(true);
    await first.end('SIGTERM');
    await using second = await SandboxProcess.start(folder);
    expect(readFileSync(second.caFile, 'utf8')).toBe(authority);
    const passing = await SandboxProcess.start(undefined);
    expect(readFileSync(passing.caFile, 'utf8')).not.toBe(authority);
    await passing.end('SIGTERM');
    expect(existsSync(dirname(passing.caFile))).toBe(false);
  });

  it('keeps files that were taken, and nothing of one that was still coming when it was killed', async () => {
    const first = await SandboxProcess.start(folder);
    const ana = await newPhone(first, 'Ana');
    const id = await write(first, ana, ana, { type: 'document', media: { bytes: 100_000 } });
    const writing = write(first, ana, ana, { type: 'document', media: { bytes: 1_000_000_000 } });
    writing.catch(() => {});
    const unfinished = () => readdirSync(join(folder, 'media')).filter((name) => name.endsWith('.part'));
    await expect.poll(unfinished).toHaveLength(1);
    await first.end('SIGKILL');
    await expect(writing).rejects.toThrow();
    await using second = await SandboxProcess.start(folder);
    expect(unfinished()).toEqual([]);
    expect(await screen(second, ana)).toMatchObject([{ id, media: { size: 100_000, verdict: 'intact' } }]);
  });

  it('ends with one sentence where its port is taken or its folder cannot be written', async () => {
    await using network = await SandboxProcess.start(undefined);
    for (const args of [
      ['--port', String(network.port)],
      ['--port', '0', '--data', join(MAIN, 'folder')],
    ]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
      expect(status).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^The sandbox cannot start: [^\n]+\.\n$/);
    }
  });

  it('refuses a folder that another process has, with one sentence, and takes it when that one is gone', async () => {
    const first = await SandboxProcess.start(folder);
    const args = [MAIN, '--port', '0', '--data', folder];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(`The sandbox cannot start: its folder ${folder} is in use by another process.\n`);
    await newPhone(first, 'Ana');
    await first.end('SIGKILL');
    await using second = await SandboxProcess.start(folder);
    expect(await call(second, 'GET', '/sandbox/phones')).toMatchObject({ body: { data: [{ name: 'Ana' }] } });
  });

  it('keeps groups, their keys and what was written to them while it was killed', async () => {
    let network = await SandboxProcess.start(folder);
    trust(network);
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    const group = await newGroup(network, 'Team', [bob, ana]);
    const before = await linked(network, ana);
    await writeInGroup(network, bob, group, 'um');
    await before.received('um');
    await before.socket.sendMessage(group.id, { text: 'dois' });
    await expect.poll(() => screen(network, bob)).toMatchObject([{ text: 'um' }, { text: 'dois' }]);
    await before[Symbol.asyncDispose]();
    await writeInGroup(network, bob, group, 'três');
    await network.end('SIGKILL');
    network = await SandboxProcess.start(folder, network.port);
    await using after = new Client(network, before.auth);
    expect((await after.received('três')).type).toBe('append');
    await writeInGroup(network, bob, group, 'quatro');
    expect((await after.received('quatro')).message.key).toMatchObject({ remoteJid: group.id, participant: bob.lid });
    await after.socket.sendMessage(group.id, { text: 'cinco' });
    await expect.poll(async () => (await screen(network, bob)).at(-1)).toMatchObject({ chat: group.id, text: 'cinco' });
    expect(after.problems).toEqual([]);
    await network.end('SIGTERM');
  });

  it('loses nothing it has acknowledged and spoils no session when it is killed under traffic', async () => {
    let network = await SandboxProcess.start(folder);
    trust(network);
    const [ana, bob] = [await newPhone(network, 'Ana'), await newPhone(network, 'Bob')];
    // To somebody else than it hears from: the library loses a session it reads and writes with at the same moment.
    const eve = await newPhone(network, 'Eve');
    let client = await linked(network, ana);
    const written: string[] = [];
    const sent: string[] = [];
    const got: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const talk = [speak(network, bob, ana, round, written), send(client, eve, round, sent)];
      const enough = written.length + 10;
      await expect.poll(() => written.length, { timeout: 20_000, interval: 2 }).toBeGreaterThan(enough);
      await network.end('SIGKILL');
      await Promise.all(talk);
      await client.ended();
      got.push(...texts(client));
      network = await SandboxProcess.start(folder, network.port);
      client = new Client(network, client.auth);
      await client.opened();
      await write(network, bob, ana, `round ${round} is over`);
      await client.received(`round ${round} is over`);
      expect(client.problems.filter((problem) => !problem.includes('Key used already'))).toEqual([]);
    }
    got.push(...texts(client));
    // What the network was killed over may be there without its writer having heard so.
    expect(got.filter((text) => written.includes(text))).toEqual(written);
    expect(new Set(got).size).toBe(got.length);
    const answered = await client.socket.sendMessage(eve.lid, { text: 'still here' });
    await client.until(() => client.acks.has(answered?.key.id ?? ''), 'the acknowledgement');
    const shown = (await screen(network, eve, '?limit=100000')).filter(({ from }) => from === ana.phoneNumber);
    expect(shown.map(({ text }) => text)).toEqual(expect.arrayContaining([...sent, 'still here']));
    await client[Symbol.asyncDispose]();
    await network.end('SIGTERM');
  });
});

function texts(client: Client): string[] {
  return client.messages.flatMap(({ message }) => (message.key.fromMe === true ? [] : (textOf(message) ?? [])));
}

/** A phone writes until the network is gone; what it was told to be written goes into `written`. */
async function speak(network: SandboxProcess, from: Phone, to: Phone, round: number, written: string[]): Promise<void> {
  for (let index = 0; ; index += 1) {
    const text = `phone ${round} ${index}`;
    try {
      await write(network, from, to, text);
    } catch {
      return;
    }
    written.push(text);
  }
}

/** A session sends until the network is gone; what was acknowledged goes into `sent`. */
async function send(client: Client, to: Phone, round: number, sent: string[]): Promise<void> {
  for (let index = 0; client.ending === undefined; index += 1) {
    const text = `session ${round} ${index}`;
    try {
      const message = await client.socket.sendMessage(to.lid, { text });
      await client.until(() => client.acks.has(message?.key.id ?? '') || client.ending !== undefined, 'an answer');
      if (client.acks.has(message?.key.id ?? '')) sent.push(text);
    } catch {
      return;
    }
  }
}
