import { describe, expect, it } from 'vitest';
import type { Lid, PhoneNumber } from '../../domain/identity.ts';
import { EngineRefused, type EngineGroup, type EngineRun, type GroupCalls } from '../../ports/engine.ts';
import { errorOf, startApp, type TestApp } from '../app.fixture.ts';

const groupOf = (jid: string, changes: Partial<EngineGroup> = {}): EngineGroup => ({
  jid,
  subject: 'Team',
  description: null,
  owner: { phoneNumber: '5511911111111' as PhoneNumber, lid: '1@lid' as Lid },
  createdAt: Date.parse('2026-01-02T03:04:05Z'),
  announce: false,
  locked: false,
  ephemeralSeconds: 0,
  participants: [{ identity: { phoneNumber: null, lid: '1@lid' as Lid }, role: 'owner' }],
  ...changes,
});

/** A run whose groups do what the test says; whatever else is asked of it fails the test. */
async function withGroups(calls: Partial<GroupCalls>, run: Partial<EngineRun> = {}): Promise<TestApp> {
  const server = await startApp();
  const session = server.addSession({ name: 'shop' });
  server.online(session, { groups: calls as GroupCalls, ...run });
  return server;
}

describe('groups', () => {
  it('are listed page by page', async () => {
    const list = () => Promise.resolve([groupOf('3@g.us'), groupOf('1@g.us'), groupOf('2@g.us')]);
    await using server = await withGroups({ list });
    const first = (await server.call('GET', '/sessions/shop/groups?limit=2')).body as { nextCursor: string };
    expect(first).toMatchObject({ data: [{ id: '1@g.us' }, { id: '2@g.us' }], nextCursor: '2@g.us' });
    const second = await server.call('GET', `/sessions/shop/groups?limit=2&cursor=${first.nextCursor}`);
    expect(second.body).toMatchObject({ data: [{ id: '3@g.us' }], nextCursor: null });
  });

  it('are shown also where their names cannot be stored', async () => {
    await using server = await withGroups({ get: (jid) => Promise.resolve(groupOf(jid)) });
    server.store.commit = () => Promise.reject(new Error('the disk is full'));
    const { status, body } = await server.call('GET', '/sessions/shop/groups/120363025246125486');
    expect([status, body]).toMatchObject([200, { subject: 'Team' }]);
  });

  it('are shown with their people, by id with or without its ending', async () => {
    await using server = await withGroups({ get: (jid) => Promise.resolve(groupOf(jid)) });
    for (const id of ['120363025246125486', '120363025246125486@g.us']) {
      const { status, body } = await server.call('GET', `/sessions/shop/groups/${id}`);
      expect(status).toBe(200);
      expect(body).toEqual({
        id: '120363025246125486@g.us',
        subject: 'Team',
        description: null,
        owner: { phoneNumber: '5511911111111', lid: '1@lid', jid: '5511911111111@s.whatsapp.net', resolved: true },
        createdAt: '2026-01-02T03:04:05.000Z',
        announce: false,
        locked: false,
        participants: [{ phoneNumber: null, lid: '1@lid', jid: '1@lid', resolved: false, role: 'owner' }],
      });
    }
  });

  it('refuse what is no id of a group', async () => {
    await using server = await withGroups({});
    const answer = await server.call('GET', '/sessions/shop/groups/5511987654321@s.whatsapp.net');
    expect(errorOf(answer)).toMatchObject({ code: 'validation_failed', details: { fields: [{ field: 'groupId' }] } });
  });

  it('are created with people whose numbers WhatsApp knows', async () => {
    const created: unknown[] = [];
    await using server = await withGroups(
      {
        create: (subject, people) => {
          created.push([subject, people]);
          return Promise.resolve(groupOf('1@g.us', { subject }));
        },
      },
      { lookUp: (number) => Promise.resolve({ exists: true, jid: `${number}@s.whatsapp.net`, lid: `${number}0@lid` }) },
    );
    const body = { subject: 'Ação 🚀', participants: ['+1 415 555 0123', '99@lid'] };
    const { status, headers } = await server.call('POST', '/sessions/shop/groups', { body });
    expect(status).toBe(201);
    expect(headers.location).toMatch(/^\/sessions\/ses_\w+\/groups\/1@g\.us$/);
    expect(created).toEqual([['Ação 🚀', ['141555501230@lid', '99@lid']]]);
  });

  it('are not created with a number that is not on WhatsApp', async () => {
    const create = () => Promise.reject(new Error('must not be asked'));
    const lookUp = () => Promise.resolve({ exists: false, jid: null, lid: null });
    await using server = await withGroups({ create }, { lookUp });
    const body = { subject: 'x', participants: ['14155550123'] };
    const answer = await server.call('POST', '/sessions/shop/groups', { body });
    expect(answer.status).toBe(422);
    expect(errorOf(answer)).toMatchObject({
      code: 'recipient_not_on_whatsapp',
      details: { phoneNumbers: ['14155550123'] },
    });
  });

  it('that were made but could not be set up are named in the error', async () => {
    await using server = await withGroups({
      create: () => Promise.resolve(groupOf('1@g.us')),
      configure: () => Promise.reject(new EngineRefused(406, 'not-acceptable')),
    });
    const body = { subject: 'x', participants: ['9@lid'], announce: true };
    const answer = await server.call('POST', '/sessions/shop/groups', { body });
    expect(errorOf(answer)).toMatchObject({ code: 'whatsapp_refused', details: { code: 406, groupId: '1@g.us' } });
  });

  it('are changed in what is named, and nothing else', async () => {
    const done: unknown[] = [];
    const note = (...what: unknown[]) => Promise.resolve(void done.push(what));
    await using server = await withGroups({
      rename: (...all) => note('rename', ...all),
      describe: (...all) => note('describe', ...all),
      configure: (...all) => note('configure', ...all),
      get: (jid) => Promise.resolve(groupOf(jid, { locked: true })),
    });
    const patch = (body: object) => server.call('PATCH', '/sessions/shop/groups/12345@g.us', { body });
    expect((await patch({ subject: 'New' })).status).toBe(200);
    expect((await patch({ description: null, locked: true })).body).toMatchObject({ locked: true });
    expect((await patch({ announce: false })).status).toBe(200);
    expect(done).toEqual([
      ['rename', '12345@g.us', 'New'],
      ['describe', '12345@g.us', null],
      ['configure', '12345@g.us', { locked: true }],
      ['configure', '12345@g.us', { announce: false }],
    ]);
    expect(errorOf(await patch({ subject: '' })).code).toBe('validation_failed');
  });

  it('say of each person what became of him', async () => {
    const codes: Record<string, number> = { '1@lid': 200, '2@lid': 403, '3@lid': 404, '4@lid': 409, '5@lid': 401 };
    await using server = await withGroups(
      {
        // In another order than was asked, and without one.
        change: (_jid, _action, people) =>
          Promise.resolve(
            people
              .filter((jid) => jid in codes)
              .map((jid) => ({ jid, code: codes[jid] ?? 0 }))
              .reverse(),
          ),
      },
      { lookUp: () => Promise.resolve({ exists: false, jid: null, lid: null }) },
    );
    const change = async (action: string, participants: string[]) => {
      const answer = await server.call('POST', '/sessions/shop/groups/12345@g.us/participants', {
        body: { action, participants },
      });
      return (answer.body as { data: { outcome: string; code: number }[] }).data.map(({ outcome, code }) => [
        outcome,
        code,
      ]);
    };
    const people = ['1@lid', '2@lid', '3@lid', '4@lid', '5@lid', '6@lid', '14155550123'];
    expect(await change('add', people)).toEqual([
      ['done', 200],
      ['invite_only', 403],
      ['not_on_whatsapp', 404],
      ['already_in', 409],
      ['refused', 401],
      ['refused', null],
      ['not_on_whatsapp', null],
    ]);
    expect(await change('remove', ['3@lid'])).toEqual([['not_in', 404]]);
  });

  it('are left and joined, by a code or an address', async () => {
    const done: string[] = [];
    await using server = await withGroups({
      leave: (jid) => Promise.resolve(void done.push(`leave ${jid}`)),
      join: (code) => {
        done.push(`join ${code}`);
        return Promise.resolve('9@g.us');
      },
    });
    expect((await server.call('POST', '/sessions/shop/groups/12345/leave')).body).toEqual({ groupId: '12345@g.us' });
    for (const invite of ['AbCdEfGh12345678901234', 'https://chat.whatsapp.com/AbCdEfGh12345678901234?mode=x']) {
      const { body } = await server.call('POST', '/sessions/shop/groups/join', { body: { invite } });
      expect(body).toEqual({ groupId: '9@g.us' });
    }
    expect(done).toEqual(['leave 12345@g.us', 'join AbCdEfGh12345678901234', 'join AbCdEfGh12345678901234']);
    const wrong = await server.call('POST', '/sessions/shop/groups/join', {
      body: { invite: 'https://evil.example/x' },
    });
    expect(errorOf(wrong)).toMatchObject({ code: 'validation_failed', details: { fields: [{ field: 'invite' }] } });
  });

  it('have an invite that can be made void', async () => {
    await using server = await withGroups({
      inviteCode: () => Promise.resolve('OLD'),
      revokeInvite: () => Promise.resolve('NEW'),
    });
    const path = '/sessions/shop/groups/12345/invite';
    expect((await server.call('GET', path)).body).toEqual({ code: 'OLD', url: 'https://chat.whatsapp.com/OLD' });
    expect((await server.call('DELETE', path)).body).toEqual({ code: 'NEW', url: 'https://chat.whatsapp.com/NEW' });
  });
});
