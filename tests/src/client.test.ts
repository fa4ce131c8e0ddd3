import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connect } from './client.ts';

/** A server that gives this one answer to everything. */
async function answering(status: number, type: string, body: unknown) {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    client: connect({ url: `http://127.0.0.1:${String(port)}`, apiKey: 'k' }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const json = 'application/json; charset=utf-8';
const refusal = (code: string) => ({ error: { code, message: 'no', details: {} } });

test('an answer that fits its operation passes', async () => {
  await using server = await answering(200, json, { status: 'ok' });
  expect(await server.client.call('healthLive')).toEqual({ status: 'ok' });
});

test.each([
  ['a wrong value', 200, json, { status: 'fine' }, /does not fit the contract/],
  ['a missing field', 200, json, {}, /does not fit the contract/],
  ['an unknown field', 200, json, { status: 'ok', extra: 1 }, /fields that the contract does not know/],
  ['a status that is not documented', 202, json, '{}', /does not fit the contract/],
  ['another media type', 200, 'text/html', '<p>', /media type/],
  ['an error of another operation', 409, json, refusal('session_name_taken'), /not among its errors/],
  ['an unknown error', 409, json, refusal('surprise'), /does not fit the contract/],
  ['an error with the wrong status', 404, json, refusal('unauthorized'), /with the status 404/],
  ['a fault of the server', 500, json, refusal('internal_error'), /not among its errors/],
])('%s fails the test', async (_what, status, type, body, reason) => {
  await using server = await answering(status, type, body);
  await expect(server.client.call('healthLive')).rejects.toThrow(reason);
  await expect(server.client.request('GET', '/health/live')).rejects.toThrow(reason);
});

test('a refusal that was not expected says which call and why', async () => {
  await using server = await answering(404, json, refusal('session_not_found'));
  const call = server.client.call('getSession', { params: { id: 'x' } });
  await expect(call).rejects.toThrow('getSession was refused: 404 session_not_found');
  expect(await server.client.refusal('getSession', { params: { id: 'x' } })).toMatchObject({ status: 404 });
});

test('success where a refusal was expected fails the test', async () => {
  await using server = await answering(200, json, { status: 'ok' });
  await expect(server.client.refusal('healthLive')).rejects.toThrow('should have been refused');
});

const event = {
  id: 'evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC',
  seq: 7,
  type: 'session.qr',
  version: 1,
  occurredAt: '2026-11-21T09:30:00.000Z',
  tenantId: 'ten_00000000000000000000000000',
  session: { id: 'ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC', name: 'shop' },
  data: { attempt: 1, expiresAt: '2026-11-21T09:31:00.000Z' },
};
const block = (id: number, told: object) => `id: ${String(id)}\nevent: session.qr\ndata: ${JSON.stringify(told)}\n\n`;

test('an event that fits is found behind comments and others', async () => {
  const later = { ...event, seq: 8, data: { ...event.data, attempt: 2 } };
  await using server = await answering(200, 'text/event-stream', `: hello\n\n${block(7, event)}${block(8, later)}`);
  const found = await server.client.waitForEvent((told) => told.type === 'session.qr' && told.data.attempt === 2);
  expect(found.seq).toBe(8);
});

test.each([
  ['an unknown field', block(7, { ...event, extra: 1 }), /fields that the contract does not know/],
  ['an unknown type', block(7, { ...event, type: 'session.surprise' }), /does not fit the contract/],
  ['an id that is not its seq', block(8, event), /must be seq and type/],
])('an event with %s fails the test', async (_what, stream, reason) => {
  await using server = await answering(200, 'text/event-stream', stream);
  await expect(server.client.waitForEvent(() => true)).rejects.toThrow(reason);
});

test('an event that does not come is waited for no longer than asked, and what came is named', async () => {
  await using server = await answering(200, 'text/event-stream', block(7, event));
  await expect(server.client.waitForEvent(() => false, { ms: 2000 })).rejects.toThrow('session.qr');
});
