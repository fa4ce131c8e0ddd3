/** Calls, restrictions and presence as they are read from the wire, beyond what the sandbox does. */
import { EventEmitter } from 'node:events';
import type { BinaryNode, WASocket } from 'baileys';
import { describe, expect, test } from 'vitest';
import { Calls } from './calls.ts';
import { LimitedLog } from './limited-log.ts';
import { Presence } from './presence.ts';
import { refusalOf } from './refusal.ts';
import { Restrictions } from './restrictions.ts';
import { surroundings } from './run.fixture.ts';
import { RecordedLog } from '../conformance-session.ts';

describe('a call', () => {
  const stanza = (tag: string, attrs: Record<string, string> = {}, content: BinaryNode[] = []): BinaryNode => ({
    tag: 'call',
    attrs: { from: '902@lid', t: '1700000000', id: 'x' },
    content: [{ tag, attrs: { 'call-id': 'C1', 'call-creator': '902:3@lid', ...attrs }, content }],
  });
  async function told(...stanzas: BinaryNode[]) {
    const context = surroundings();
    const calls = new Calls(context);
    for (const one of stanzas) calls.heard(one);
    await context.reporter.settled;
    return context.told.flatMap((event) => (event.type === 'call' ? [event.call] : []));
  }
  const statuses = async (...stanzas: BinaryNode[]) => (await told(...stanzas)).map(({ status }) => status);

  test('rings, is taken and ends; or is missed, however it ended before it was taken', async () => {
    expect(await statuses(stanza('offer'), stanza('accept'), stanza('terminate'))).toEqual([
      'ringing',
      'accepted',
      'ended',
    ]);
    for (const reason of ['timeout', 'hangup']) {
      expect(await statuses(stanza('offer'), stanza('terminate', { reason }))).toEqual(['ringing', 'missed']);
    }
    expect(await statuses(stanza('offer'), stanza('reject'))).toEqual(['ringing', 'rejected']);
  });

  test('that another device of the account took or refused is told as that', async () => {
    const elsewhere = (reason: string) => stanza('terminate', { reason });
    expect(await statuses(stanza('offer'), elsewhere('accepted_elsewhere'))).toEqual(['ringing', 'accepted']);
    expect(await statuses(stanza('offer'), elsewhere('rejected_elsewhere'))).toEqual(['ringing', 'rejected']);
  });

  test('keeps who called and how, though its end does not say', async () => {
    const video = [{ tag: 'video', attrs: {} }];
    const offer = stanza('offer', { caller_pn: '5511900000002@s.whatsapp.net', 'group-jid': '1-2@g.us' }, video);
    const [, end] = await told(offer, stanza('terminate', { reason: 'timeout' }));
    expect(end).toMatchObject({
      id: 'C1',
      from: { phoneNumber: '5511900000002', lid: '902@lid' },
      video: true,
      groupJid: '1-2@g.us',
      at: 1_700_000_000_000,
    });
  });

  test('is nothing else that goes to and fro while it rings', async () => {
    expect(await statuses(stanza('preaccept'), stanza('relaylatency'), { tag: 'call', attrs: {} })).toEqual([]);
  });
});

describe('a restriction', () => {
  const heard = async (...updates: [string, object][]) => {
    const context = surroundings();
    const ev = new EventEmitter();
    new Restrictions(context).listen({ ev } as unknown as WASocket);
    for (const [name, update] of updates) ev.emit(name, update);
    await context.reporter.settled;
    return context.told;
  };
  const lock = (reachoutTimeLock: object): [string, object] => ['connection.update', { reachoutTimeLock }];

  test('is told with its end, and that it was lifted', async () => {
    const end = new Date(Date.now() + 60_000);
    const told = await heard(
      lock({ isActive: true, timeEnforcementEnds: end, enforcementType: 'BIZ_QUALITY' }),
      lock({ isActive: true }),
      lock({ isActive: false, enforcementType: 'DEFAULT' }),
    );
    expect(told).toMatchObject([
      { type: 'restriction', scope: 'new_chats', until: end.getTime(), reason: 'reach-out lock (BIZ_QUALITY)' },
      { until: null },
      { until: expect.any(Number) as number },
    ]);
  });

  test('by a quota is told when it is used up, and when it is open again, and no warning before', async () => {
    const quota = (capping_status: string): [string, object] => [
      'message-capping.update',
      { capping_status, cycle_end_timestamp: '1900000000' },
    ];
    const told = await heard(quota('FIRST_WARNING'), quota('CAPPED'), quota('NONE'), quota('NONE'));
    expect(told).toMatchObject([{ until: 1_900_000_000_000 }, { until: expect.any(Number) as number }]);
    expect(told).toHaveLength(2);
  });

  test('is asked about once a minute at most, however many messages are refused', () => {
    let asked = 0;
    const ask = () => {
      asked += 1;
      return Promise.resolve({});
    };
    const restrictions = new Restrictions(
      surroundings({ fetchAccountReachoutTimelock: ask, fetchNewChatMessageCap: ask }),
    );
    for (let count = 0; count < 100; count += 1) restrictions.ask();
    expect(asked).toBe(2);
  });
});

test('presence is told of whom it was asked for by the other of his names too', async () => {
  const context = surroundings({ presenceSubscribe: () => Promise.resolve() });
  context.keys.learnQuietly([{ phoneNumber: '5511900000002', lidUser: '902' }]);
  const presence = new Presence(context);
  presence.heard({ tag: 'presence', attrs: { from: '902@lid' } });
  await presence.subscribe('5511900000002@s.whatsapp.net');
  presence.heard({ tag: 'presence', attrs: { from: '902@lid', type: 'unavailable', last: 'deny' } });
  presence.heard({ tag: 'presence', attrs: { from: '903@lid' } });
  presence.heard({ tag: 'chatstate', attrs: { from: '902@lid' }, content: [{ tag: 'dancing', attrs: {} }] });
  await context.reporter.settled;
  const identity = { phoneNumber: '5511900000002', lid: '902@lid' };
  expect(context.told).toEqual([
    {
      type: 'presence',
      presence: { chat: { kind: 'person', identity }, by: identity, state: 'unavailable', lastSeenAt: null },
    },
  ]);
});

test('lines that others can cause are few, and the rest is counted', () => {
  const recorded = new RecordedLog();
  const log = new LimitedLog(recorded);
  for (let count = 0; count < 1000; count += 1) log.warn({ count }, 'it went wrong', 0);
  expect(recorded.lines).toHaveLength(10);
  log.warn({}, 'it went wrong', 60_000);
  expect(recorded.lines.slice(10)).toEqual([
    'it went wrong: more of them in the minutes before {"times":990}',
    'it went wrong {}',
  ]);
});

test('a refusal of WhatsApp is told from a lost link', () => {
  const boom = (data: unknown) => Object.assign(new Error('item-not-found'), { isBoom: true, data });
  expect(refusalOf(boom(404))).toEqual({ code: 404, text: 'item-not-found', isTemporary: false });
  expect(refusalOf(boom({ tag: 'error', attrs: { code: '403' } }))).toMatchObject({ code: 403 });
  expect(refusalOf(boom(429))).toMatchObject({ isTemporary: true });
  for (const data of [undefined, null, {}, Number.NaN, { attrs: {} }]) expect(refusalOf(boom(data))).toBeNull();
  expect(refusalOf(new Error('Connection Closed'))).toBeNull();
});
