import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RunningProgram, startProgram } from './child-process.ts';
import { connect } from './client.ts';
import { type StartedServer, startServer } from './server.ts';

const script = join(import.meta.dirname, '..', '..', 'scripts', 'ws-client.ts');

function listen(server: StartedServer, session: string, token = server.apiKey): RunningProgram {
  return startProgram(script, {
    cwd: tmpdir(),
    env: { ZAPFLEET_URL: server.url, ZAPFLEET_TOKEN: token, ZAPFLEET_SESSION: session },
  });
}

describe('the example client', () => {
  test('prints the QR code and the events of its session, those it missed while the server was away too', async () => {
    await using server = await startServer();
    const client = connect(server);
    await client.call('createSession', { body: { name: 'shop', network: 'sandbox', start: false } });
    await using program = listen(server, 'shop');
    await program.printed(/(Subscribed to shop)/);
    await client.call('startSession', { params: { id: 'shop' } });
    await program.printed(/^(QR code 1, valid until .+: \S+)$/m);
    const seen = Number(await program.printed(/ (\d+) session\.qr /));

    await server.kill();
    await program.printed(/(Disconnected|trying again)/);
    const port = new URL(server.url).port;
    await using again = await startServer({ dataDir: server.dataDir, env: { PORT: port } });
    const next = await connect(again).waitForEvent((event) => event.type === 'session.state_changed', { after: seen });
    await program.printed(new RegExp(`^\\S+ (${String(next.seq)}) session\\.state_changed`, 'm'));

    const printed = [...program.output().matchAll(/^\S+ (\d+) session\./gm)].map(([, seq]) => Number(seq));
    expect(printed).toEqual([...new Set(printed)].sort((a, b) => a - b));
  });

  test('says plainly what is wrong, and ends with 1', async () => {
    await using server = await startServer();
    await connect(server).call('createSession', { body: { name: 'shop', network: 'sandbox', start: false } });

    await using stranger = listen(server, 'shop', 'x'.repeat(40));
    expect(await stranger.ended).toBe(1);
    expect(stranger.output()).toMatch(/refused the connection: .*key/);

    await using lost = listen(server, 'nowhere');
    expect(await lost.ended).toBe(1);
    expect(lost.output()).toContain('session_not_found');

    await using empty = startProgram(script, { cwd: tmpdir() });
    expect(await empty.ended).toBe(1);
    expect(empty.output()).toContain('ZAPFLEET_TOKEN');
  });
});
