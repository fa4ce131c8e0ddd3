/** A linking that nobody finishes: the network says nothing more, or nobody scans. */
import { describe, expect, it } from 'vitest';
import { connect } from './client.ts';
import { isState, isType } from './event-kinds.ts';
import { isConnected, newPhone } from './linking.ts';
import { startServer } from './server.ts';

describe.concurrent('a linking', () => {
  it('over a connection that hangs is begun again by itself', { timeout: 150_000 }, async () => {
    await using server = await startServer({ env: { DEFAULT_NETWORK: 'sandbox' } });
    const client = connect(server);
    const { id } = await client.call('createSession', { body: { name: 'hangs' } });
    await using events = client.follow({ sessionId: id });
    await events.until(isType('session.qr'));
    await client.call('createSandboxFault', { body: { kind: 'hang', phase: 'pairing' } });
    const waiting = await events.until(isState('waiting'), 90_000);
    expect(waiting.data).toMatchObject({ from: 'linking', cause: { code: 'connection_lost' } });
    await events.until(isType('session.qr'), 60_000);
    const phone = await newPhone(client, 'Owner');
    await client.call('scanWithSandboxPhone', { params: { phone }, body: { sessionId: id } });
    await events.until(isConnected);
  });

  it('that nobody scans in time costs nothing until it is asked for again', { timeout: 150_000 }, async () => {
    await using server = await startServer({ env: { DEFAULT_NETWORK: 'sandbox', QR_LIMIT: '1' } });
    const client = connect(server);
    const { id } = await client.call('createSession', { body: { name: 'expires' } });
    await using events = client.follow({ sessionId: id });
    await events.until(isType('session.qr'));
    const stopped = await events.until(isState('stopped'), 120_000);
    expect(stopped.data).toMatchObject({ cause: { code: 'link_expired' } });
    const session = await client.call('getSession', { params: { id } });
    expect(session).toMatchObject({ state: 'stopped', desired: 'stopped', linked: false });
    await client.call('startSession', { params: { id } });
    await events.until(isType('session.qr'));
  });
});
