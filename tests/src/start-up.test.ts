import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProgram } from './child-process.ts';
import { connect } from './client.ts';
import { linkSession } from './linking.ts';
import { startSandbox, startServer } from './server.ts';

const main = join(import.meta.dirname, '..', '..', 'server', 'src', 'main.ts');

describe('a start that cannot work ends with one clear sentence', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zapfleet-start-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function failure(env: Record<string, string>, cwd = folder): Promise<string> {
    const program = startProgram(main, { cwd, env: { PORT: '0', DATA_DIR: join(folder, 'data'), ...env } });
    const code = await program.ended;
    expect(code).toBe(1);
    const lines = program.output().trim().split('\n');
    expect(lines, program.output()).toHaveLength(1);
    return lines[0] ?? '';
  }

  it('a port in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    expect(await failure({ PORT: String(port) })).toMatch(new RegExp(`${String(port)}.*in use`));
    taken.close();
  });

  it('an address that is not ours', async () => {
    expect(await failure({ HOST: '203.0.113.1' })).toMatch(/HOST/);
    expect(await failure({ HOST: 'no-such-host.invalid' })).toMatch(/HOST/);
  });

  it('a data folder that is a file', async () => {
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    expect(await failure({ DATA_DIR: file })).toMatch(/DATA_DIR|data folder/i);
  });

  it('a database that is none', async () => {
    const data = join(folder, 'not-a-database');
    await mkdir(data);
    await writeFile(
      join(data, 'zapfleet.db'),
      'this is no database, but it is long enough to be looked at'.repeat(100),
    );
    expect(await failure({ DATA_DIR: data })).toMatch(/database/i);
  });

  it('a wrong value', async () => {
    expect(await failure({ PORT: 'eighty' })).toMatch(/PORT/);
    expect(await failure({ ZAPFLEET_API_KEY: 'short' })).toMatch(/ZAPFLEET_API_KEY.*32/);
    expect(await failure({ SANDBOX_ROOT_KEY: 'xyz', SANDBOX_URL: 'ws://127.0.0.1:1/ws/chat' })).toMatch(
      /SANDBOX_ROOT_KEY/,
    );
  });

  it('a broken .env', async () => {
    const cwd = join(folder, 'broken-env');
    await mkdir(cwd);
    await writeFile(join(cwd, '.env'), 'HOST=127.0.0.1\nthis is not a setting\n');
    expect(await failure({}, cwd)).toMatch(/^Line 2 of .*\.env/);
  });

  it('another encryption key', async () => {
    const dataDir = join(folder, 'encrypted');
    await mkdir(dataDir);
    {
      await using server = await startServer({ env: { ENCRYPTION_KEY: 'a'.repeat(64) }, dataDir });
      await connect(server).call('createSession', { body: { name: 'one', network: 'sandbox' } });
    }
    expect(await failure({ DATA_DIR: dataDir, ENCRYPTION_KEY: 'b'.repeat(64) })).toMatch(/ENCRYPTION_KEY/);
  });
});

describe('a running server', () => {
  it('is alive and ready, and ends with 0 on SIGTERM', async () => {
    await using server = await startServer();
    const client = connect(server);
    expect(await client.call('healthLive')).toEqual({ status: 'ok' });
    expect(await client.call('healthReady')).toMatchObject({ status: 'ready' });
    await client.call('createSession', { body: { name: 'one', network: 'sandbox' } });
    expect(await server.stop()).toBe(0);
  });

  it('ends with 0 also on a SIGTERM that comes the moment it is ready', async () => {
    const stopWhenReady = join(import.meta.dirname, 'stop-when-ready.ts');
    await using server = await startServer({ env: { NODE_OPTIONS: `--import=${stopWhenReady}` } });
    expect(await server.ended, server.output()).toBe(0);
  });

  it('tells that WhatsApp cannot be reached, and when it tries again', async () => {
    await using server = await startServer({
      env: { SANDBOX_URL: 'ws://127.0.0.1:9/ws/chat', SANDBOX_ROOT_KEY: '00'.repeat(32) },
    });
    const client = connect(server);
    await client.call('createSession', { body: { name: 'cut-off', network: 'sandbox' } });
    await client.waitForEvent((event) => event.type === 'session.state_changed' && event.data.to === 'waiting');
    const session = await client.call('getSession', { params: { id: 'cut-off' } });
    // It may be trying again at this moment; the cause stays in sight.
    expect(['waiting', 'connecting']).toContain(session.state);
    expect(session.cause).toMatchObject({ code: 'connection_lost' });
  });

  it('keeps serving without the network of some sessions, and goes on with them when it is back', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'zapfleet-elsewhere-'));
    {
      await using server = await startServer({ dataDir });
      await linkSession(connect(server), 'sandboxed');
    }
    {
      await using server = await startServer({ dataDir, env: { SANDBOX: 'false', START_DEFAULT_SESSION: 'true' } });
      const client = connect(server);
      await client.waitForEvent((event) => event.type === 'session.failed');
      expect(await client.call('getSession', { params: { id: 'sandboxed' } })).toMatchObject({
        state: 'failed',
        cause: { code: 'unavailable' },
        linked: true,
      });
      const refused = await client.refusal('startSession', { params: { id: 'sandboxed' } });
      expect(refused).toMatchObject({ code: 'sandbox_unavailable' });
      expect(await client.call('healthReady')).toMatchObject({ status: 'ready' });
    }
    await using server = await startServer({ dataDir });
    const client = connect(server);
    await using events = client.follow({ sessionId: 'sandboxed' });
    await events.until(({ type }) => type === 'session.failed');
    await events.until(({ type }) => type === 'session.connected');
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });

  it('refuses a sandbox with another root', async () => {
    await using network = await startSandbox();
    await using server = await startServer({ env: { ...network.env, SANDBOX_ROOT_KEY: '11'.repeat(32) } });
    const client = connect(server);
    await client.call('createSession', { body: { name: 'deceived', network: 'sandbox' } });
    const failed = await client.waitForEvent((event) => event.type === 'session.failed');
    expect(failed.data).toMatchObject({ cause: { code: 'untrusted_server' } });
  });

  it('draws the QR code of the default session', async () => {
    await using server = await startServer({
      env: { START_DEFAULT_SESSION: 'true', SESSION_NAME: 'front-desk', DEFAULT_NETWORK: 'sandbox' },
    });
    await server.printed(/(Scan with WhatsApp to link session "front-desk")/);
    await server.printed(/([▄▀█]{10,})/);
    expect(await connect(server).call('getSession', { params: { id: 'front-desk' } })).toMatchObject({
      state: 'linking',
    });
  });
});
