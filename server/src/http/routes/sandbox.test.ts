import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sandbox } from '@zapfleet/sandbox';
import { describe, expect, it } from 'vitest';
import { errorOf, keys, startApp } from '../app.fixture.ts';

type Phone = { phoneNumber: string; name: string; lid: string };

async function withNetwork() {
  const network = await Sandbox.create();
  const server = await startApp({ sandbox: network });
  return {
    ...server,
    newPhone: async (key: string, phone: object = {}) =>
      (await server.call('POST', '/sandbox/phones', { key, body: phone })).body as Phone,
    [Symbol.asyncDispose]: async () => {
      await server.app.close();
      await network.close();
    },
  };
}

describe('the phones of the sandbox', () => {
  it('are made, listed and shown', async () => {
    await using server = await withNetwork();
    const created = await server.call('POST', '/sandbox/phones', {
      body: { phoneNumber: '+55 11 98765-4321', name: 'Ana' },
    });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      phoneNumber: '5511987654321',
      name: 'Ana',
      lid: expect.stringMatching(/@lid$/) as string,
    });
    const phone = { ...(created.body as Phone), devices: [] };
    expect((await server.call('GET', '/sandbox/phones')).body).toEqual({ data: [phone], nextCursor: null });
    expect((await server.call('GET', '/sandbox/phones/5511987654321')).body).toEqual(phone);
    expect((await server.call('POST', '/sandbox/phones')).status).toBe(201);
  });

  it('belong to the tenant that made them', async () => {
    await using server = await withNetwork();
    const { phoneNumber } = await server.newPhone(keys.otherAdmin);
    expect((await server.call('GET', '/sandbox/phones', { key: keys.admin })).body).toEqual({
      data: [],
      nextCursor: null,
    });
    const calls = [
      ['GET', '', undefined],
      ['GET', '/messages', undefined],
      ['POST', '/messages', { to: phoneNumber, text: 'a' }],
      ['GET', '/media', undefined],
      ['GET', '/presences', undefined],
      ['POST', '/presence', { state: 'available' }],
      ['POST', '/scan', { qr: 'x' }],
      ['POST', '/link-code', { code: 'ABCD-1234' }],
      ['DELETE', '/devices/all', undefined],
    ] as const;
    for (const [method, path, body] of calls) {
      const answer = await server.call(method, `/sandbox/phones/${phoneNumber}${path}`, { key: keys.admin, body });
      expect(errorOf(answer).code, path).toBe('phone_not_found');
    }
    expect((await server.call('GET', `/sandbox/phones/${phoneNumber}`, { key: keys.otherAdmin })).status).toBe(200);
    expect((await server.call('GET', `/sandbox/phones/${phoneNumber}`)).status).toBe(200);
  });

  it('take another number, which must be free', async () => {
    await using server = await withNetwork();
    const [ana, bob] = [await server.newPhone(keys.admin), await server.newPhone(keys.admin)];
    const path = `/sandbox/phones/${ana.phoneNumber}`;
    const taken = await server.call('PATCH', path, { key: keys.admin, body: { phoneNumber: bob.phoneNumber } });
    expect(errorOf(taken).code).toBe('phone_exists');
    const body = { phoneNumber: '+55 11 98765-4321', name: 'Ana Maria', numberHidden: true };
    const changed = await server.call('PATCH', path, { key: keys.admin, body });
    expect(changed.body).toMatchObject({ phoneNumber: '5511987654321', name: 'Ana Maria', lid: ana.lid });
    expect(errorOf(await server.call('PATCH', path, { key: keys.admin, body: {} })).code).toBe('phone_not_found');
  });

  it('write to each other, and show it on their screens', async () => {
    await using server = await withNetwork();
    const [ana, bob] = [await server.newPhone(keys.admin), await server.newPhone(keys.admin)];
    const written = await server.call('POST', `/sandbox/phones/${ana.phoneNumber}/messages`, {
      key: keys.admin,
      body: { to: bob.phoneNumber, text: 'oi' },
    });
    expect(written.status).toBe(201);
    const screen = await server.call('GET', `/sandbox/phones/${bob.phoneNumber}/messages?read=true&limit=999999999`, {
      key: keys.admin,
    });
    expect(screen.body).toMatchObject({ data: [{ text: 'oi', type: 'text' }] });
  });

  it('write every kind of message, listen, type, and show whose files were fetched', async () => {
    await using server = await withNetwork();
    const [ana, bob] = [await server.newPhone(keys.admin), await server.newPhone(keys.admin)];
    const path = `/sandbox/phones/${ana.phoneNumber}`;
    const write = async (body: object) => {
      const written = await server.call('POST', `${path}/messages`, {
        key: keys.admin,
        body: { to: bob.phoneNumber, ...body },
      });
      expect(written.status, JSON.stringify(written.body)).toBe(201);
      return (written.body as { id: string }).id;
    };
    const media = { base64: Buffer.from('file').toString('base64') };
    for (const type of ['image', 'video', 'audio', 'voice', 'document', 'sticker']) await write({ type, media });
    await write({ type: 'location', latitude: 1, longitude: 2, name: 'Here' });
    await write({ type: 'contact', contacts: [{ name: 'Caio', phoneNumber: '5511988887777' }] });
    const poll = await write({ type: 'poll', question: 'Lunch?', options: ['Yes', 'No'] });
    await write({ type: 'poll_vote', messageId: poll, options: ['Yes'] });
    const text = await write({ text: 'see https://example.com', linkPreview: { url: 'https://example.com' } });
    await write({ type: 'reaction', messageId: text, emoji: '👍' });
    await write({ type: 'edit', messageId: text, text: 'seen' });
    await write({ type: 'revoke', messageId: poll });
    await write({ type: 'timer', ephemeralSeconds: 86_400 });
    const { status, body } = await server.call(
      'GET',
      `${path.replace(ana.phoneNumber, bob.phoneNumber)}/messages?played=true`,
      {
        key: keys.admin,
      },
    );
    expect(status).toBe(200);
    const shown = (body as { data: { type: string; status: string }[] }).data;
    const kinds =
      'image video audio voice document sticker location contact poll poll_vote text reaction edit revoke timer';
    expect(shown.map(({ type }) => type)).toEqual(kinds.split(' '));
    expect(shown[0]).toMatchObject({ media: { size: 4, verdict: 'intact' }, status: 'read' });
    expect(shown[3]).toMatchObject({ status: 'played' });
    expect(shown[10]).toMatchObject({
      text: 'seen',
      edited: true,
      reactions: [{ from: ana.phoneNumber, emoji: '👍' }],
    });
    const files = await server.call('GET', `${path}/media`, { key: keys.admin });
    expect((files.body as { data: object[] }).data).toHaveLength(6);
    const typing = { state: 'composing', to: bob.phoneNumber };
    expect(await server.call('POST', `${path}/presence`, { key: keys.admin, body: typing })).toMatchObject({
      status: 200,
    });
    const people = await server.call('GET', `/sandbox/phones/${bob.phoneNumber}/presences`, { key: keys.admin });
    expect(people.body).toMatchObject({ data: [{ phoneNumber: ana.phoneNumber, typing: [{ state: 'composing' }] }] });
  });

  it.each([
    ['an unknown phone', 'GET', '/sandbox/phones/5511900000001', undefined, 'phone_not_found'],
    ['a path in place of a phone', 'GET', '/sandbox/phones/%2e%2e', undefined, 'route_not_found'],
    ['a path in place of a phone that survives', 'POST', '/sandbox/phones/..%2f/scan', { qr: 'x' }, 'phone_not_found'],
    ['a number that is taken', 'POST', '/sandbox/phones', { phoneNumber: '5511987654321' }, 'phone_exists'],
    ['a number that is none', 'POST', '/sandbox/phones', { phoneNumber: 'ana' }, 'sandbox_refused'],
    ['a device that is not linked', 'DELETE', '/sandbox/phones/5511987654321/devices/7', undefined, 'device_not_found'],
    ['a device that is none', 'DELETE', '/sandbox/phones/5511987654321/devices/x', undefined, 'validation_failed'],
    [
      'a code that is none',
      'POST',
      '/sandbox/phones/5511987654321/link-code',
      { code: 'AAAA-AAAA' },
      'sandbox_refused',
    ],
    [
      'a message to nobody',
      'POST',
      '/sandbox/phones/5511987654321/messages',
      { to: '5511900000001', text: 'a' },
      'sandbox_refused',
    ],
    ['a scan of nothing', 'POST', '/sandbox/phones/5511987654321/scan', {}, 'validation_failed'],
    ['a scan of garbage', 'POST', '/sandbox/phones/5511987654321/scan', { qr: 'garbage' }, 'sandbox_refused'],
    ['a scan for nobody', 'POST', '/sandbox/phones/5511987654321/scan', { sessionId: 'nobody' }, 'session_not_found'],
    [
      'a scan for a live session',
      'POST',
      '/sandbox/phones/5511987654321/scan',
      { sessionId: 'live' },
      'not_a_sandbox_session',
    ],
  ] as const)('refuse %s', async (_, method, path, body, code) => {
    await using server = await withNetwork();
    await server.newPhone(keys.admin, { phoneNumber: '5511987654321' });
    server.addSession({ name: 'live', network: 'whatsapp' });
    const answer = await server.call(method, path, { body });
    expect(errorOf(answer).code).toBe(code);
    if (code === 'sandbox_refused') expect(errorOf(answer).details.reason).toEqual(expect.any(String));
  });

  it('scan the code of a session as soon as there is one', async () => {
    await using server = await withNetwork();
    const { phoneNumber } = await server.newPhone(keys.admin);
    const session = server.addSession();
    const scanned = server.call('POST', `/sandbox/phones/${phoneNumber}/scan`, { body: { sessionId: 'demo' } });
    server.fleet.show(session.id, { qr: 'not one of this network', attempt: 1, expiresAt: 0 });
    expect(errorOf(await scanned)).toMatchObject({ code: 'sandbox_refused', details: { reason: 'qr_invalid' } });
  });

  it('cannot scan a session that shows no code', async () => {
    await using server = await withNetwork();
    const { phoneNumber } = await server.newPhone(keys.admin);
    server.addSession();
    server.fleet.waitForQr = () => Promise.resolve(null);
    const answer = await server.call('POST', `/sandbox/phones/${phoneNumber}/scan`, { body: { sessionId: 'demo' } });
    expect(errorOf(answer)).toMatchObject({ code: 'qr_unavailable', details: { state: 'stopped' } });
  });
});

describe('faults of the sandbox', () => {
  const account = { phoneNumber: '5511987654321', jid: '5511987654321:3@s.whatsapp.net', lid: null, pushName: null };

  it('without a target are for masters only', async () => {
    await using server = await withNetwork();
    const body = { kind: 'drop' };
    expect((await server.call('POST', '/sandbox/faults', { key: keys.admin, body })).status).toBe(403);
    expect((await server.call('POST', '/sandbox/faults', { body })).status).toBe(201);
  });

  it('strike the device of a session', async () => {
    await using server = await withNetwork();
    await server.newPhone(keys.admin, { phoneNumber: account.phoneNumber });
    server.addSession({ account });
    const answer = await server.call('POST', '/sandbox/faults', {
      key: keys.admin,
      body: { kind: 'error', code: 500, sessionId: 'demo' },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ kind: 'error', phoneNumber: account.phoneNumber, device: 3 });
  });

  it('never strike a live session, a phone of others, or everybody in place of one', async () => {
    await using server = await withNetwork();
    const theirs = await server.newPhone(keys.otherAdmin);
    server.addSession({ name: 'live', network: 'whatsapp' });
    server.addSession({ name: 'unlinked' });
    const refused = async (body: object) =>
      errorOf(await server.call('POST', '/sandbox/faults', { key: keys.admin, body }));
    expect(await refused({ kind: 'drop', sessionId: 'live' })).toMatchObject({ code: 'not_a_sandbox_session' });
    expect(await refused({ kind: 'drop', phoneNumber: theirs.phoneNumber })).toMatchObject({ code: 'phone_not_found' });
    expect(await refused({ kind: 'drop', sessionId: 'unlinked' })).toMatchObject({
      code: 'sandbox_refused',
      details: { reason: 'not_linked' },
    });
    expect(await refused({ kind: 'error', code: 500, phase: 'pairing', sessionId: 'unlinked' })).toMatchObject({
      code: 'forbidden',
    });
    expect(await refused({ kind: 'fire' })).toMatchObject({ code: 'validation_failed' });
  });

  it('are seen and cleared by those whom they concern', async () => {
    await using server = await withNetwork();
    const mine = await server.newPhone(keys.admin);
    await server.call('POST', '/sandbox/faults', {
      key: keys.admin,
      body: { kind: '503', phoneNumber: mine.phoneNumber },
    });
    expect((await server.call('GET', '/sandbox/faults', { key: keys.admin })).body).toMatchObject({
      data: [{ kind: '503' }],
    });
    expect((await server.call('GET', '/sandbox/faults', { key: keys.otherAdmin })).body).toMatchObject({ data: [] });
    expect((await server.call('DELETE', '/sandbox/faults', { key: keys.otherAdmin })).status).toBe(403);
    expect((await server.call('DELETE', '/sandbox/faults', { key: keys.admin })).status).toBe(200);
    expect((await server.call('GET', '/sandbox/faults')).body).toEqual({ data: [], nextCursor: null });
  });
});

describe('without control routes', () => {
  it('every call says so when there is no sandbox', async () => {
    await using server = await startApp();
    for (const path of ['/sandbox/phones', '/sandbox/faults']) {
      const answer = await server.call('GET', path);
      expect(answer.status).toBe(501);
      expect(errorOf(answer).code).toBe('sandbox_unavailable');
    }
  });

  it('every call says so when nobody answers there', async () => {
    await using server = await startApp({ sandbox: { controlUrl: 'http://127.0.0.1:1' } });
    expect(errorOf(await server.call('GET', '/sandbox/phones')).code).toBe('sandbox_unavailable');
  });

  it.each([
    ['is a stranger', 404, 'Not here'],
    ['speaks another shape', 200, '{"phones":[]}'],
    ['has a fault of its own', 500, '{"error":{"code":"internal_error","message":"x","details":{}}}'],
  ])('every call says so when the server there %s', async (_, status, body) => {
    const stranger = createServer((_request, response) => response.writeHead(status).end(body));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    await using server = await startApp({ sandbox: { controlUrl: `http://127.0.0.1:${port}` } });
    expect(errorOf(await server.call('GET', '/sandbox/phones')).code).toBe('sandbox_unavailable');
    await new Promise((resolve) => stranger.close(resolve));
  });
});

describe('groups of the sandbox', () => {
  it('are founded, changed and written to by phones', async () => {
    await using server = await withNetwork();
    const [ana, bob] = [await server.newPhone(keys.admin), await server.newPhone(keys.admin)];
    const [a, b] = [ana.phoneNumber, bob.phoneNumber];
    const created = await server.call('POST', '/sandbox/groups', {
      key: keys.admin,
      body: { subject: 'Team', members: [a] },
    });
    expect(created.status).toBe(201);
    const { id } = created.body as { id: string };
    const added = await server.call('POST', `/sandbox/groups/${id}/members`, {
      key: keys.admin,
      body: { phones: [b] },
    });
    expect(added.body).toMatchObject({
      members: [
        { phoneNumber: a, role: 'superadmin' },
        { phoneNumber: b, role: 'member' },
      ],
      changed: [{ phoneNumber: b, error: null }],
    });
    const changed = await server.call('PATCH', `/sandbox/groups/${id}`, { key: keys.admin, body: { subject: 'Time' } });
    expect(changed.body).toMatchObject({ id, subject: 'Time' });
    const path = `/sandbox/phones/${b}/messages`;
    await server.call('POST', path, { key: keys.admin, body: { groupId: id, text: 'oi' } });
    const { body } = await server.call('GET', path, { key: keys.admin });
    expect(body).toMatchObject({ data: [{ chat: id, receipts: [{ phoneNumber: a, status: 'delivered' }] }] });
    const refused = await server.call('POST', `/sandbox/groups/${id}/members`, {
      key: keys.admin,
      body: { action: 'promote', phones: [b], by: b },
    });
    expect(errorOf(refused)).toMatchObject({ code: 'sandbox_refused', details: { reason: 'not_allowed_in_group' } });
  });

  it('belong to the tenant that founded them, and take in its own phones only', async () => {
    await using server = await withNetwork();
    const [own, foreign] = [await server.newPhone(keys.admin), await server.newPhone(keys.otherAdmin)];
    const body = { subject: 'Team', members: [own.phoneNumber] };
    const { id } = (await server.call('POST', '/sandbox/groups', { key: keys.admin, body })).body as { id: string };
    expect((await server.call('GET', '/sandbox/groups', { key: keys.admin })).body).toMatchObject({ data: [{ id }] });
    expect((await server.call('GET', '/sandbox/groups', { key: keys.otherAdmin })).body).toMatchObject({ data: [] });
    for (const [method, path, of] of [
      ['GET', '', undefined],
      ['PATCH', '', { subject: 'Mine' }],
      ['POST', '/members', { phones: [foreign.phoneNumber] }],
    ] as const) {
      const answer = await server.call(method, `/sandbox/groups/${id}${path}`, { key: keys.otherAdmin, body: of });
      expect(errorOf(answer).details.reason, method).toBe('group_not_found');
    }
    const taken = { phones: [foreign.phoneNumber] };
    const added = await server.call('POST', `/sandbox/groups/${id}/members`, { key: keys.admin, body: taken });
    expect(errorOf(added).code).toBe('phone_not_found');
    const members = { subject: 'Team', members: [own.phoneNumber, foreign.phoneNumber] };
    const founded = await server.call('POST', '/sandbox/groups', { key: keys.admin, body: members });
    expect(errorOf(founded).code).toBe('phone_not_found');
  });
});

describe('calls of the sandbox', () => {
  it('ring, show what came of them, and end', async () => {
    await using server = await withNetwork();
    const [ana, bob] = [await server.newPhone(keys.admin), await server.newPhone(keys.admin)];
    const path = `/sandbox/phones/${ana.phoneNumber}/calls`;
    const rung = await server.call('POST', path, { key: keys.admin, body: { to: bob.phoneNumber, video: true } });
    expect([rung.status, rung.body]).toMatchObject([201, { to: bob.phoneNumber, video: true, status: 'ringing' }]);
    const { id } = rung.body as { id: string };
    const ended = await server.call('POST', `${path}/${id}/end`, { key: keys.admin, body: { reason: 'timeout' } });
    expect(ended.body).toMatchObject({ id, status: 'missed' });
    expect((await server.call('GET', path, { key: keys.admin })).body).toMatchObject({
      data: [{ id, status: 'missed' }],
    });
    const foreign = await server.call('POST', path, { key: keys.otherAdmin, body: { to: bob.phoneNumber } });
    expect(errorOf(foreign).code).toBe('phone_not_found');
    const nobody = await server.call('POST', `${path}/none/end`, { key: keys.admin });
    expect(errorOf(nobody)).toMatchObject({ code: 'sandbox_refused', details: { reason: 'call_not_found' } });
  });
});

describe('restrictions of the sandbox', () => {
  it('are set until a time, shown and lifted, for own phones only', async () => {
    await using server = await withNetwork();
    const { phoneNumber } = await server.newPhone(keys.admin);
    const path = `/sandbox/phones/${phoneNumber}/restriction`;
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const body = { kind: 'reachout_lock', until };
    const locked = {
      reachoutLock: { until, scope: 'cold', enforcementType: 'RESTRICT_ALL_COMPANIONS' },
      capping: null,
    };
    expect((await server.call('POST', path, { key: keys.admin, body })).body).toEqual(locked);
    expect((await server.call('GET', path, { key: keys.admin })).body).toEqual(locked);
    expect((await server.call('DELETE', path, { key: keys.admin })).body).toEqual({
      reachoutLock: null,
      capping: null,
    });
    expect(errorOf(await server.call('POST', path, { key: keys.otherAdmin, body })).code).toBe('phone_not_found');
    expect(errorOf(await server.call('POST', path, { key: keys.admin, body: { kind: 'ban', until } })).code).toBe(
      'validation_failed',
    );
  });
});

describe('newsletters of the sandbox', () => {
  it('are founded, followed and published in, by the tenant that has them', async () => {
    await using server = await withNetwork();
    const { phoneNumber } = await server.newPhone(keys.admin);
    const path = '/sandbox/newsletters';
    const founded = await server.call('POST', path, { key: keys.admin, body: { name: 'Notícias' } });
    expect([founded.status, founded.body]).toMatchObject([201, { name: 'Notícias', followers: [] }]);
    const { id } = founded.body as { id: string };
    const body = { phones: [phoneNumber] };
    const followed = await server.call('POST', `${path}/${id}/followers`, { key: keys.admin, body });
    expect(followed.body).toMatchObject({ id, followers: [phoneNumber] });
    const publish = (key: string) => server.call('POST', `${path}/${id}/messages`, { key, body: { text: 'oi' } });
    expect((await publish(keys.admin)).body).toMatchObject({ serverId: 100 });
    expect(errorOf(await publish(keys.otherAdmin)).details.reason).toBe('newsletter_not_found');
    expect((await server.call('GET', path, { key: keys.otherAdmin })).body).toMatchObject({ data: [] });
    const foreign = { name: 'x', followers: [phoneNumber] };
    expect(errorOf(await server.call('POST', path, { key: keys.otherAdmin, body: foreign })).code).toBe(
      'phone_not_found',
    );
  });
});
