import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startProgram } from './child-process.ts';
import { startServer } from './server.ts';

const demo = join(import.meta.dirname, '..', '..', 'scripts', 'demo.ts');

async function runDemo(
  env: Record<string, string>,
  ...args: string[]
): Promise<{ code: number | null; output: string }> {
  await using program = startProgram(demo, { args, cwd: tmpdir(), env });
  const code = await program.ended;
  return { code, output: program.output() };
}

/** A port at which nothing answers. */
async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => probe.once('listening', listening));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  return typeof address === 'object' && address ? String(address.port) : '';
}

describe('the demo', () => {
  test('goes through on a server that runs, by QR code and by pairing code, and can be repeated', async () => {
    await using server = await startServer();
    const env = { ZAPFLEET_URL: server.url, ZAPFLEET_API_KEY: server.apiKey };
    for (const args of [[], ['--pairing-code'], []]) {
      const { code, output } = await runDemo(env, ...args);
      expect(output).toContain('Done');
      expect(output).not.toContain(server.apiKey);
      expect(code).toBe(0);
    }
  });

  test('starts a server of its own where none answers, and ends it', async () => {
    const { code, output } = await runDemo({ PORT: await freePort() });
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
    expect(output).toContain('Done');
    expect(code).toBe(0);
    await expect(fetch(`${String(url)}/health/live`)).rejects.toThrow();
  });

  test('says why it stopped, and fails', async () => {
    await using server = await startServer({ env: { SANDBOX: 'false' } });
    const env = { ZAPFLEET_URL: server.url, ZAPFLEET_API_KEY: server.apiKey };
    const without = await runDemo(env);
    expect(without.output).toContain('sandbox_unavailable');
    expect(without.code).toBe(1);
    const wrong = await runDemo({ ...env, ZAPFLEET_API_KEY: 'x'.repeat(40) });
    expect(wrong.output).toContain('unauthorized');
    expect(wrong.code).toBe(1);
    const nobody = await runDemo({ ...env, ZAPFLEET_URL: `http://127.0.0.1:${await freePort()}` });
    expect(nobody.output).toContain('No Zapfleet answers');
    expect(nobody.code).toBe(1);
  });
});
