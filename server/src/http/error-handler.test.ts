import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { ErrorBody } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { errorOf, startApp } from './app.fixture.ts';

describe('an error', () => {
  it.each([
    ['an unknown path', 'GET', '/nope', {}, 404, 'route_not_found'],
    ['an unknown method', 'DELETE', '/health/live', {}, 404, 'route_not_found'],
    ['a path with a broken escape', 'GET', '/sessions/%zz', {}, 400, 'validation_failed'],
    ['a body that is no JSON', 'POST', '/sessions', { body: '{"name":' }, 400, 'validation_failed'],
    [
      'a body that poisons prototypes',
      'POST',
      '/sessions',
      { body: '{"__proto__":{"admin":true},"name":"a"}' },
      400,
      'validation_failed',
    ],
    [
      'a form',
      'POST',
      '/sessions',
      { body: 'name=a', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
    ],
    [
      'a body without a type',
      'POST',
      '/sessions',
      { body: '{"name":"a"}', headers: { 'content-type': '' } },
      415,
      'unsupported_media_type',
    ],
    [
      'more than 1 MB',
      'POST',
      '/sessions',
      { body: JSON.stringify({ name: 'a'.repeat(1_100_000) }) },
      413,
      'body_too_large',
    ],
  ] as const)('for %s has the shape and code of the catalogue', async (_, method, path, options, status, code) => {
    await using server = await startApp();
    const answer = await server.call(method, path, options);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(ErrorBody.parse(answer.body).error.code).toBe(code);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('of ours tells nothing but where the log has more', async () => {
    await using server = await startApp();
    server.store.sessions.byName = () => Promise.reject(new Error('SQLITE_CANTOPEN /var/lib/zapfleet/secret.db'));
    const answer = await server.call('GET', '/sessions/demo');
    expect(answer.status).toBe(500);
    const { code, details } = errorOf(answer);
    expect(code).toBe('internal_error');
    expect(answer.raw.toString()).not.toMatch(/secret|sqlite|at /i);
    expect(server.log.lines).toContainEqual({
      level: 'error',
      message: 'A request failed by a fault of ours',
      fields: { error: expect.any(Error) as Error, requestId: details.requestId, route: '/sessions/:id' },
    });
  });

  it('answers bytes that are not HTTP in the same shape', async () => {
    await using server = await startApp();
    const { port } = new URL(await server.listen());
    const socket = connect(Number(port), '127.0.0.1');
    socket.end('\u0016\u0003\u0001 hello\r\n\r\n');
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    expect(head).toContain('400 Bad Request');
    expect(ErrorBody.parse(JSON.parse(body)).error.code).toBe('validation_failed');
  });

  it('is not logged when a client goes away in the middle of its body', async () => {
    await using server = await startApp();
    const { port } = new URL(await server.listen());
    const socket = connect(Number(port), '127.0.0.1');
    const key = 'a-master-key-for-tests-0123456789';
    const seen = once(server.app.server, 'request');
    socket.write(
      `POST /sessions HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${key}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"na`,
    );
    const [request] = (await seen) as [NodeJS.ReadableStream];
    const gone = new Promise((resolve) => request.on('close', resolve));
    socket.destroy();
    await gone;
    expect((await server.call('GET', '/health/live')).status).toBe(200);
    expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
