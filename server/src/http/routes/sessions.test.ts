import { describe, expect, it } from 'vitest';
import { defaultTenantId } from '../../domain/tenant.ts';
import { errorOf, keys, otherTenantId, startApp } from '../app.fixture.ts';

const fieldsOf = (error: { details: Record<string, unknown> }) =>
  error.details.fields as { field: string; message: string }[];

describe('creating a session', () => {
  it('answers 201 with the whole resource and where it is', async () => {
    await using server = await startApp();
    const answer = await server.call('POST', '/sessions', {
      body: { name: ' Shop-1 ', label: 'Loja ☕', network: 'sandbox' },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      name: 'Shop-1',
      label: 'Loja ☕',
      network: 'sandbox',
      engine: 'baileys',
      timeZone: 'America/Sao_Paulo',
      tenantId: defaultTenantId,
      desired: 'running',
      state: 'connecting',
      ignore: { groups: false, status: true, newsletters: true },
    });
    expect(answer.headers.location).toBe(`/sessions/${(answer.body as { id: string }).id}`);
  });

  it('takes sessionId as another word for name, and does not start it when told so', async () => {
    await using server = await startApp();
    const answer = await server.call('POST', '/sessions', { body: { sessionId: 'other', start: false } });
    expect(answer.body).toMatchObject({ name: 'other', state: 'stopped' });
  });

  it.each([
    ['nothing', {}, 'name', /is required/],
    ['two names', { name: 'a', sessionId: 'b' }, 'name', /not both/],
    ['spaces', { name: '   ' }, 'name', /must not be empty/],
    ['300 characters', { name: 'x'.repeat(300) }, 'name', /at most 64/],
    ['a way up', { name: '../secrets' }, 'name', /may hold only/],
    ['two dots', { name: '..' }, 'name', /must not be/],
    ['a NUL', { name: 'a\u0000b' }, 'name', /may hold only/],
    ['an emoji', { name: 'shop☕' }, 'name', /may hold only/],
    ['the look of an id', { name: 'ses_1' }, 'name', /must not begin with "ses_"/],
    ['a number as name', { name: 7 }, 'name', /must be a text/],
    ['an engine that is none', { name: 'a', engine: 'wap' }, 'engine', /must be one of baileys, webjs, evolution/],
    ['an unknown field', { name: 'a', webhok: [] }, 'webhok', /is not a known field/],
    ['a time zone of nowhere', { name: 'a', timeZone: 'Mars/Olympus' }, 'timeZone', /IANA/],
    ['a nested mistake', { name: 'a', ignore: { groups: 'yes' } }, 'ignore.groups', /must be true or false/],
    ['metadata that is no value', { name: 'a', metadata: { key: [] } }, 'metadata.key', /must be/],
    ['a list', [], 'body', /must be an object/],
  ])('refuses %s and names the field', async (_, body, field, message) => {
    await using server = await startApp();
    const answer = await server.call('POST', '/sessions', { body });
    expect(answer.status).toBe(400);
    expect(errorOf(answer).code).toBe('validation_failed');
    expect(fieldsOf(errorOf(answer))).toContainEqual({ field, message: expect.stringMatching(message) as string });
  });

  it('names every field that is wrong at once', async () => {
    await using server = await startApp();
    const answer = await server.call('POST', '/sessions', { body: { name: '', network: 'x', start: 'now' } });
    expect(fieldsOf(errorOf(answer)).map(({ field }) => field)).toEqual(
      expect.arrayContaining(['name', 'network', 'start']),
    );
  });

  it('refuses a name that is taken, in whatever case', async () => {
    await using server = await startApp();
    server.addSession({ name: 'Demo' });
    const answer = await server.call('POST', '/sessions', { body: { name: 'dEMO' } });
    expect(answer.status).toBe(409);
    expect(errorOf(answer).code).toBe('session_name_taken');
  });
});

describe('finding a session', () => {
  it('goes by id as written, and by name in any case', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ name: 'Demo' });
    for (const key of [id, 'Demo', 'dEMO']) expect((await server.call('GET', `/sessions/${key}`)).status).toBe(200);
    for (const key of [id.toLowerCase(), 'dem', 'ses_', '...', '%2e%2e%2fdemo', 'demo%00', '%F0%9F%98%80']) {
      expect(errorOf(await server.call('GET', `/sessions/${key}`)).code).toBe('session_not_found');
    }
    expect((await server.call('GET', `/sessions/${'x'.repeat(300)}`)).status).toBe(400);
  });

  it('hides the sessions of other tenants', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ name: 'secret', tenantId: otherTenantId });
    for (const path of [
      `/sessions/${id}`,
      '/sessions/secret',
      `/sessions/${id}/status`,
      `/sessions/${id}/messages`,
      `/events?sessionId=${id}`,
    ]) {
      expect(errorOf(await server.call('GET', path, { key: keys.admin })).code).toBe('session_not_found');
      expect((await server.call('GET', path, { key: keys.otherAdmin })).status).toBe(200);
    }
    for (const verb of ['start', 'stop', 'restart', 'pairing-code']) {
      const answer = await server.call('POST', `/sessions/${id}/${verb}`, {
        key: keys.admin,
        body: { phoneNumber: '5511987654321' },
      });
      expect(errorOf(answer).code).toBe('session_not_found');
    }
    expect((await server.call('GET', '/sessions', { key: keys.admin })).body).toEqual({ data: [], nextCursor: null });
  });

  it('lets a master name the tenant, and find any id', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ name: 'theirs', tenantId: otherTenantId });
    expect((await server.call('GET', `/sessions/theirs?tenantId=${otherTenantId}`)).status).toBe(200);
    expect((await server.call('GET', `/sessions/${id}`)).status).toBe(200);
    expect(errorOf(await server.call('GET', '/sessions/theirs')).code).toBe('session_not_found');
    expect(errorOf(await server.call('GET', `/sessions/${id}?tenantId=${defaultTenantId}`)).code).toBe(
      'session_not_found',
    );
    expect(errorOf(await server.call('GET', '/sessions?tenantId=ten_nobody')).code).toBe('tenant_not_found');
    expect((await server.call('GET', `/sessions?tenantId=${otherTenantId}`)).body).toMatchObject({ data: [{ id }] });
  });

  it('does not let others name a tenant that is not theirs', async () => {
    await using server = await startApp();
    const answer = await server.call('GET', `/sessions?tenantId=${otherTenantId}`, { key: keys.admin });
    expect(errorOf(answer).code).toBe('tenant_not_found');
    expect((await server.call('GET', `/sessions?tenantId=${defaultTenantId}`, { key: keys.admin })).status).toBe(200);
  });
});

describe('the list of sessions', () => {
  it('comes in pages, each session once', async () => {
    await using server = await startApp();
    const ids = Array.from({ length: 5 }, (_, at) => server.addSession({ name: `s${at}` }).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await server.call('GET', `/sessions?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
      const page = body as { data: { id: string }[]; nextCursor: string | null };
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(ids);
  });

  it('says which filter is wrong', async () => {
    await using server = await startApp();
    const answer = await server.call('GET', '/sessions?state=happy&limit=0&cursor=abc&engine=x');
    expect(fieldsOf(errorOf(answer)).map(({ field }) => field)).toEqual(['state', 'engine', 'limit']);
    expect(fieldsOf(errorOf(await server.call('GET', '/sessions?cursor=abc')))[0]?.field).toBe('cursor');
    expect(fieldsOf(errorOf(await server.call('GET', '/sessions?limit=1&limit=2')))[0]?.field).toBe('limit');
  });
});

describe('changing a session', () => {
  it('sets what is named, clears what is null and leaves the rest', async () => {
    await using server = await startApp();
    const { id } = server.addSession({
      settings: { label: 'a', ignore: { status: false }, metadata: { a: 1 }, autoCleanupOnLogout: null },
    });
    const patch = (body: unknown) => server.call('PATCH', `/sessions/${id}`, { body });
    expect((await patch({ ignore: { groups: true } })).body).toMatchObject({
      label: 'a',
      ignore: { groups: true, status: false, newsletters: true },
      metadata: { a: 1 },
    });
    expect((await patch({ label: null, ignore: null, metadata: null, timeZone: 'Europe/Lisbon' })).body).toMatchObject({
      label: null,
      ignore: { groups: false, status: true, newsletters: true },
      metadata: {},
      timeZone: 'Europe/Lisbon',
    });
    expect((await patch({ timeZone: null })).body).toMatchObject({ timeZone: 'America/Sao_Paulo' });
    expect((await patch({ name: 'new' })).status).toBe(400);
  });

  it('says since when its state holds, whatever else of it changes', async () => {
    await using server = await startApp();
    const { id } = server.addSession({ state: { name: 'stopped', since: 1000, cause: null } });
    const { body } = await server.call('PATCH', `/sessions/${id}`, { body: { label: 'new' } });
    expect(body).toMatchObject({ label: 'new', stateSince: '1970-01-01T00:00:01.000Z' });
    expect((body as { updatedAt: string }).updatedAt).not.toContain('1970');
  });

  it('limits what is sent, limit by limit', async () => {
    await using server = await startApp();
    const none = {
      perMinute: null,
      perDay: null,
      perDayNewChats: null,
      minDelayMs: null,
      maxDelayMs: null,
      warmup: null,
    };
    const limits = { perDay: 100, minDelayMs: 500, warmup: { startPerDay: 10, days: 14 } };
    const made = await server.call('POST', '/sessions', { body: { name: 'shop', limits } });
    expect(made).toMatchObject({ status: 201, body: { limits: { ...none, ...limits } } });
    const patch = (changes: unknown) => server.call('PATCH', '/sessions/shop', { body: { limits: changes } });
    expect((await patch({ perDay: 200, warmup: null })).body).toMatchObject({
      limits: { ...none, perDay: 200, minDelayMs: 500 },
    });
    for (const [wrong, field] of [
      [{ maxDelayMs: 499 }, 'limits.maxDelayMs'],
      [{ perDay: null, warmup: limits.warmup }, 'limits.warmup'],
      [{ warmup: { startPerDay: 201, days: 2 } }, 'limits.warmup.startPerDay'],
      [{ perDay: 0 }, 'limits.perDay'],
      [{ perHour: 5 }, 'limits.perHour'],
    ] as const) {
      const refused = errorOf(await patch(wrong));
      expect(refused).toMatchObject({ code: 'validation_failed', details: { fields: [{ field }] } });
    }
    expect((await patch(null)).body).toMatchObject({ limits: none });
  });

  it('shows what WhatsApp forbids, until it is over', async () => {
    await using server = await startApp();
    const now = server.clock.now();
    const restriction = { scope: 'new_chats', since: now - 5, until: now + 1000, reason: '463' } as const;
    server.addSession({ name: 'shop', restriction });
    const shown = { ...restriction, since: new Date(now - 5).toISOString(), until: new Date(now + 1000).toISOString() };
    const all = async () =>
      Promise.all(['/sessions', '/sessions/shop', '/sessions/shop/status'].map((path) => server.call('GET', path)));
    const [list, one, status] = await all();
    expect(list?.body).toMatchObject({ data: [{ restriction: shown }] });
    expect(one?.body).toMatchObject({ restriction: shown });
    expect(status?.body).toMatchObject({ restriction: shown });
    server.clock.advance(1000);
    const [listLater, oneLater, statusLater] = await all();
    expect(listLater?.body).toMatchObject({ data: [{ restriction: null }] });
    expect(oneLater?.body).toMatchObject({ restriction: null });
    expect(statusLater?.body).not.toHaveProperty('restriction');
  });

  it('starts, stops and restarts, also with an empty body of any JSON type', async () => {
    await using server = await startApp();
    const { id } = server.addSession();
    expect((await server.call('POST', `/sessions/${id}/start`, { body: '' })).body).toMatchObject({
      desired: 'running',
    });
    expect((await server.call('POST', `/sessions/${id}/stop`)).body).toMatchObject({ desired: 'stopped' });
    expect((await server.call('POST', `/sessions/${id}/restart`, { body: {} })).body).toMatchObject({
      desired: 'running',
    });
    expect((await server.call('GET', `/sessions/${id}/status`)).body).toMatchObject({
      state: 'connecting',
      ready: false,
    });
    expect((await server.call('GET', `/sessions/${id}/capabilities`)).body).toEqual({
      engine: 'baileys',
      capabilities: ['text', 'quote'],
    });
  });
});
