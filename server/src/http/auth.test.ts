import { type Operation, operations, roles } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { errorOf, keys, masterKey, memoryLog, startApp } from './app.fixture.ts';
import { keyIn } from './auth.ts';
import { bareServer } from './bare-server.ts';

const all: Operation[] = Object.values(operations);
const closed = all.filter(({ access }) => access !== 'public');
const pathOf = ({ path }: Operation) => path.replace(/:\w+/g, '1');
const keyOf = { viewer: keys.viewer, agent: keys.agent, admin: keys.admin, master: masterKey } as const;

describe('who may call', () => {
  it.each(closed.map((operation) => [operation.id, operation] as const))(
    '%s refuses a call without a key, and one with an unknown key',
    async (_, operation) => {
      await using server = await startApp();
      for (const key of [null, 'a-key-that-nobody-has']) {
        const answer = await server.call(operation.method, pathOf(operation), { key });
        expect(answer.status).toBe(401);
        expect(errorOf(answer).code).toBe('unauthorized');
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="zapfleet"');
      }
    },
  );

  it.each(closed.map((operation) => [operation.id, operation] as const))(
    '%s refuses every role below its own, and knows the others',
    async (_, operation) => {
      await using server = await startApp();
      for (const role of roles) {
        // A stream that is let in does not end by itself.
        if (operation.id === 'streamEvents' && role !== 'viewer') continue;
        const path = operation.id === 'streamEvents' ? '/events/stream?sessionId=nobody' : pathOf(operation);
        const answer = await server.call(operation.method, path, { key: keyOf[role] });
        const isAllowed = roles.indexOf(role) >= roles.indexOf(operation.access as (typeof roles)[number]);
        if (isAllowed) expect([401, 403]).not.toContain(answer.status);
        else expect(errorOf(answer)).toMatchObject({ code: 'forbidden', details: { role, needed: operation.access } });
      }
    },
  );

  it('says nothing about the body to those who may not call', async () => {
    await using server = await startApp();
    const answer = await server.call('POST', '/sessions', { key: null, body: 'x'.repeat(2_000_000) });
    expect(answer.status).toBe(401);
  });

  it('opens health, the API document and its reader to all', async () => {
    await using server = await startApp();
    for (const path of ['/health/live', '/health/ready', '/openapi.json', '/docs']) {
      expect((await server.call('GET', path, { key: null })).status).toBe(200);
    }
  });

  it('takes the key from X-Api-Key or from Authorization', async () => {
    await using server = await startApp();
    const call = (headers: Record<string, string>) => server.call('GET', '/engines', { key: null, headers });
    expect((await call({ 'x-api-key': masterKey })).status).toBe(200);
    expect((await call({ authorization: `Bearer ${masterKey}` })).status).toBe(200);
    expect((await call({ authorization: `bearer ${masterKey}` })).status).toBe(200);
    expect((await call({ authorization: `Basic ${masterKey}` })).status).toBe(401);
    expect((await call({ authorization: 'Bearer ' })).status).toBe(401);
  });

  it('is said by every route, or the server does not start', () => {
    const server = bareServer(memoryLog());
    expect(() => server.get('/open', () => 'to whom?')).toThrow('GET /open has no rule who may call it');
  });
});

describe('a key', () => {
  it('is not read from a header that is empty', () => {
    expect(keyIn({ 'x-api-key': '' })).toBeNull();
    expect(keyIn({})).toBeNull();
  });
});
