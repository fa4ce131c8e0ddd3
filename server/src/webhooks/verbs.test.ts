import type { SessionId } from '@zapfleet/contract';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { deliveryId } from '../domain/delivery.ts';
import { RETRY_DELAYS_MS } from '../domain/delivery-schedule.ts';
import type { EventDraft } from '../ports/store.ts';
import { eventIdOf } from './event-facts.ts';
import { type Post, startWorld, type World } from './webhooks.fixture.ts';

const H = 3_600_000;

const statuses = async ({ webhooks }: World, id: string) =>
  (await webhooks.deliveries(id, null, { limit: 100 })).map(({ status }) => status).toReversed();

/** Which of these secrets the call is signed with. */
function signedWith({ headers, body, at }: Post, ...secrets: (string | null)[]): boolean[] {
  const signatures = headers['webhook-signature']?.split(' ') ?? [];
  return secrets.map((secret) =>
    signatures.includes(new Webhook(secret ?? '').sign(headers['webhook-id'] ?? '', new Date(at), body.toString())),
  );
}

describe('a pause', () => {
  it('keeps what happens until the webhook is resumed, also over a crash', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    await world.webhooks.pause(id, null);
    await world.sayAll(['a', 'b']);
    await world.pass(1000);
    await world.crash();
    await world.say('c');
    await world.pass(24 * H);
    expect(world.posts).toEqual([]);
    expect(world.webhooks.states(null)).toEqual({ active: 0, paused: 1, disabled: 0 });
    await world.webhooks.resume(id, null);
    await world.flow(() => world.posts.length === 3);
    expect(world.said()).toEqual(['a', 'b', 'c']);
  });

  it('takes effect at once: what waits in memory goes no further', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    const first = Promise.withResolvers<number>();
    world.receiver = () => first.promise;
    await world.sayAll(['a', 'b', 'c']);
    await world.until(() => world.posts.length === 1);
    await world.webhooks.pause(id, null);
    world.receiver = () => 200;
    first.resolve(200);
    await world.pass(1000);
    expect(world.said()).toEqual(['a']);
    expect(await statuses(world, id)).toEqual(['delivered', 'pending', 'pending']);
    await world.webhooks.resume(id, null);
    await world.flow(() => world.posts.length === 3);
    expect(world.said()).toEqual(['a', 'b', 'c']);
  });
});

describe('a change', () => {
  it('counts for what comes, and for what waits', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    world.receiver = () => 500;
    await world.say('a');
    await world.until(() => world.posts.length === 1);
    world.receiver = () => 200;
    const changed = await world.webhooks.patch(id, null, {
      ...{ url: 'https://moved.example/', events: ['message.status'], headers: { 'X-New': '1' } },
    });
    expect(changed).toMatchObject({ url: 'https://moved.example/', headers: { 'X-New': '1' } });
    expect(await world.store.webhooks.get(id, null)).toMatchObject({ url: 'https://moved.example/' });
    await world.pass(5000);
    expect(world.posts[1]).toMatchObject({ text: 'a', url: 'https://moved.example/', headers: { 'X-New': '1' } });
    await world.webhooks.patch(id, null, { events: ['session.connected'], headers: null });
    await world.say('b');
    await world.pass(1000);
    expect(world.posts).toHaveLength(2);
    expect(await world.webhooks.find(id, null)).toMatchObject({ headers: {} });
  });

  it('of the order lets go of what it held back', async () => {
    await using world = await startWorld();
    const { id } = await world.create({ strictOrder: true });
    world.receiver = ({ text }) => (text === 'a' ? 500 : 200);
    await world.sayAll(['a', 'b', 'c']);
    await world.pass(1000);
    expect(world.said()).toEqual(['a']);
    await world.webhooks.patch(id, null, { strictOrder: false });
    await world.pass(1000);
    expect(world.said()).toEqual(['a', 'b', 'c']);
  });
});

describe('a new secret', () => {
  it('signs from now on, together with the old one for a day', async () => {
    await using world = await startWorld();
    const { id, secret: old } = await world.create();
    await world.say('before');
    await world.until(() => world.posts.length === 1);
    await world.pass(200);
    const { secret } = await world.webhooks.rotateSecret(id, null, undefined);
    expect(secret).not.toBe(old);
    await world.crash();
    await world.say('during');
    await world.until(() => world.posts.length === 2);
    await world.pass(24 * H - 1);
    await world.pass(1);
    await world.say('after');
    await world.until(() => world.posts.length === 3);
    expect(world.posts.map((post) => signedWith(post, old, secret))).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ]);
  });

  it('can be brought along', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    const mine = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    expect(await world.webhooks.rotateSecret(id, null, mine)).toMatchObject({ secret: mine });
    expect(await world.create({ secret: mine })).toMatchObject({ secret: mine });
  });
});

describe('a test', () => {
  it('calls once and at once, also while paused, and leaves no trace in the log', async () => {
    await using world = await startWorld();
    const sessionId = await world.addSession('shop-1');
    const { id, secret } = await world.create({}, sessionId);
    await world.webhooks.pause(id, null);
    const last = world.events.last();
    world.receiver = () => ({ status: 418, body: 'a teapot' });
    const result = await world.webhooks.test(id, null);
    expect(result).toMatchObject({
      ...{ delivered: false, status: 418, error: 'The receiver answered 418.', body: 'a teapot' },
    });
    const [post, ...others] = world.posts;
    expect(others).toEqual([]);
    expect(post && signedWith(post, secret)).toEqual([true]);
    expect(JSON.parse(post?.body.toString() ?? '')).toMatchObject({
      ...{ id: result.eventId, seq: 0, type: 'webhook.test', session: { id: sessionId, name: 'shop-1' } },
      data: { webhookId: id },
    });
    await world.pass(24 * H);
    expect(world.posts).toHaveLength(1);
    expect(world.events.last()).toBe(last);
    world.receiver = () => 204;
    expect(await world.webhooks.test(id, null)).toMatchObject({ delivered: true, status: 204, error: null });
  });
});

describe('a replay', () => {
  it('of one delivery sends it again under its id, from the first attempt on', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    const seq = await world.say('a');
    await world.say('b', { chat: 'other' });
    await world.until(() => world.posts.length === 2);
    const delivery = await world.webhooks.delivery(id, null, deliveryId(id, seq));
    expect([delivery.status, delivery.json]).toEqual(['delivered', world.posts[0]?.body]);
    const replayed = await world.webhooks.replay(id, null, deliveryId(id, seq));
    expect(replayed).toMatchObject({ seq, status: 'pending', made: 0, attempts: [{ status: 200 }] });
    await world.flow(() => world.posts.length === 3);
    await world.pass(1000);
    expect(world.said()).toEqual(['a', 'b', 'a']);
    expect(world.posts[2]?.headers['webhook-id']).toBe(world.posts[0]?.headers['webhook-id']);
    expect(await statuses(world, id)).toEqual(['delivered', 'delivered']);
  });

  it('of one that waits for its retry tries it now', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    world.receiver = () => 500;
    const seq = await world.say('a');
    // Until the failure is on record, it is still being tried.
    await world.until(async () => {
      const [first] = await world.webhooks.deliveries(id, null, { limit: 10 });
      return first?.attempts.length === 1;
    });
    world.receiver = () => 200;
    await world.webhooks.replay(id, null, deliveryId(id, seq));
    await world.pass(0);
    expect(world.said()).toEqual(['a', 'a']);
    expect(world.posts[1]?.at).toBe(world.posts[0]?.at);
    await world.pass(24 * H);
    expect(world.posts).toHaveLength(2);
  });

  it('knows no delivery of another webhook, and none that never was', async () => {
    await using world = await startWorld();
    const [one, two] = [await world.create({ events: ['message.*'] }), await world.create({ events: ['call.*'] })];
    const seq = await world.say('a');
    const refused = { code: 'delivery_not_found' };
    for (const wanted of [deliveryId(two.id, seq), deliveryId(one.id, seq + 1), 'dlv_1', '']) {
      await expect(world.webhooks.replay(one.id, null, wanted)).rejects.toMatchObject(refused);
      await expect(world.webhooks.delivery(one.id, null, wanted)).rejects.toMatchObject(refused);
    }
    await expect(world.webhooks.replay(two.id, null, deliveryId(two.id, seq))).rejects.toMatchObject(refused);
  });

  it('of a time sends every event of it once: nothing twice, nothing missing', async () => {
    await using world = await startWorld();
    const other = await world.addSession();
    const start = world.clock.now();
    const expected: string[] = [];
    for (let minute = 0; minute < 500; minute += 1) {
      await world.sayAll([`m${minute}`], { chat: `c${minute}` });
      if (minute % 7 === 0) await world.say(`elsewhere ${minute}`, { sessionId: other });
      if (minute >= 100 && minute <= 400) expected.push(`m${minute}`);
      world.clock.advance(60_000);
    }
    // Made after all of it, for everything that is not of the other session.
    const { id } = await world.create({ events: ['message.status'] });
    const range = { from: start + 100 * 60_000, to: start + 400 * 60_000, onlyDead: false };
    world.receiver = ({ text }) => (text === 'm200' ? 500 : 200);
    const replayed = await world.webhooks.replayRange(id, null, range);
    await world.flow(() => world.posts.length >= replayed);
    await world.pass(1000);
    const said = world.said().filter((text) => !text.startsWith('elsewhere'));
    expect(said.toSorted()).toEqual(expected.toSorted());
    expect(replayed).toBe(expected.length + 43);

    // What is still pending comes by itself.
    expect(await world.webhooks.replayRange(id, null, range)).toBe(replayed - 1);
    await world.flow(() => world.posts.length >= 2 * replayed - 1);
    expect(world.said().filter((text) => text === 'm200')).toHaveLength(1);
  });

  it('of a time can be about dead letters only', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    world.receiver = ({ text }) => (text.startsWith('dead') ? 500 : 200);
    const from = world.clock.now();
    await world.sayAll(['dead1', 'well', 'dead2'], { chat: 'a' });
    await world.until(() => world.posts.length === 3);
    const to = world.clock.now();
    for (const delay of RETRY_DELAYS_MS) await world.pass(delay);
    await world.pass(200);
    expect(await statuses(world, id)).toEqual(['dead', 'delivered', 'dead']);
    const before = world.posts.length;
    world.receiver = () => 200;
    await world.webhooks.resume(id, null);
    expect(await world.webhooks.replayRange(id, null, { from, to, onlyDead: true })).toBe(2);
    await world.flow(() => world.posts.length === before + 2);
    await world.pass(1000);
    expect(world.said().slice(before)).toEqual(['dead1', 'dead2']);
    expect(await statuses(world, id)).toEqual(['delivered', 'delivered', 'delivered']);
  });

  it('of a time in which nothing happened, or before everything, finds nothing', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    const replay = (from: number, to: number) => world.webhooks.replayRange(id, null, { from, to, onlyDead: false });
    expect(await replay(0, world.clock.now())).toBe(0);
    await world.say('a');
    expect(await replay(0, world.clock.now() - 1)).toBe(0);
    expect(await replay(world.clock.now() + 1, world.clock.now() + H)).toBe(0);
  });
});

describe('a QR code', () => {
  const qrEvent = (sessionId: SessionId, attempt: number): EventDraft => ({
    ...{ tenantId: 'ten_00000000000000000000000000', session: { id: sessionId, name: 'shop' }, occurredAt: 1 },
    type: 'session.qr',
    data: { attempt, expiresAt: '2026-01-01T12:01:00.000Z' },
  });
  const dataOf = (post: Post | undefined) => (JSON.parse(post?.body.toString() ?? '') as { data: object }).data;

  it('goes live to who names it exactly, and is stored nowhere', async () => {
    let shown: { qr: string; attempt: number; expiresAt: number } | null = null;
    await using world = await startWorld({ liveQr: () => shown });
    const sessionId = await world.addSession();
    await world.create({ events: ['session.qr'], url: 'https://exact.example/' });
    await world.create({ events: ['session.*'], url: 'https://group.example/' });
    shown = { qr: '2@secret', attempt: 1, expiresAt: world.clock.now() + 60_000 };
    await world.append(qrEvent(sessionId, 1));
    await world.until(() => world.posts.length === 2);
    const [exact, group] = world.posts.toSorted((a, b) => (a.url < b.url ? -1 : 1));
    const plain = { attempt: 1, expiresAt: '2026-01-01T12:01:00.000Z' };
    expect(dataOf(exact)).toEqual({ ...plain, qr: '2@secret', png: 'picture of 2@secret' });
    expect(dataOf(group)).toEqual(plain);
    const [logged] = await world.events.read(0, { tenantId: null, types: null }, 10);
    expect(logged?.json).not.toContain('2@secret');
  });

  it('that is not on show any more is not sent', async () => {
    let shown: { qr: string; attempt: number; expiresAt: number } | null = null;
    await using world = await startWorld({ liveQr: () => shown });
    const sessionId = await world.addSession();
    await world.create({ events: ['session.qr'] });
    for (const code of [null, { attempt: 2, inMs: 60_000 }, { attempt: 1, inMs: 0 }]) {
      shown = code && { qr: '2@secret', attempt: code.attempt, expiresAt: world.clock.now() + code.inMs };
      const before = world.posts.length;
      await world.append(qrEvent(sessionId, 1));
      await world.until(() => world.posts.length === before + 1);
      expect(dataOf(world.posts.at(-1))).toEqual({ attempt: 1, expiresAt: '2026-01-01T12:01:00.000Z' });
    }
  });
});

describe('a removed webhook', () => {
  it('leaves nothing behind, though calls are under way', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    const slow = Promise.withResolvers<number>();
    world.receiver = ({ text }) => (text === 'slow' ? slow.promise : 500);
    await world.sayAll(['slow', 'next'], { chat: 'a' });
    await world.sayAll(['failed', 'failed too'], { chat: 'b' });
    await world.until(() => world.posts.length >= 2);
    const removing = world.webhooks.remove(id, null);
    await world.pass(0);
    expect(await removing).toMatchObject({ id });
    slow.resolve(200);
    await world.pass(24 * H);
    expect(world.said()).not.toContain('next');
    expect(await world.store.webhooks.all()).toEqual([]);
    expect(await world.store.deliveries.countPending(10)).toBe(0);
    await expect(world.webhooks.find(id, null)).rejects.toMatchObject({ code: 'webhook_not_found' });
  });
});

describe('the counts', () => {
  it('are stored with the deliveries: each attempt once, for the session of its event, whenever the process dies', async () => {
    await using world = await startWorld();
    const [sessionId, other] = [await world.addSession('a'), await world.addSession('b')];
    await world.create();
    const slow = Promise.withResolvers<number>();
    world.receiver = ({ text }) => (text === 'slow' ? slow.promise : text === 'bad' ? 410 : 200);
    await world.say('good', { sessionId });
    await world.say('good', { sessionId: other });
    await world.say('slow', { sessionId, chat: 'another' });
    await world.until(() => world.posts.length === 3);
    await world.pass(0);
    await world.webhooks.settle();
    const bySession = async () => {
      const found = await world.store.figures.bySession({ tenantId: null, sessionIds: null }, 0, 1e9);
      return new Map(
        found.map(({ sessionId: id, figures }) => [
          id,
          [figures.deliveriesDone, figures.attemptsFailed, figures.deliveriesDead],
        ]),
      );
    };
    expect(await bySession()).toEqual(
      new Map([
        [sessionId, [1, 0, 0]],
        [other, [1, 0, 0]],
      ]),
    );
    world.receiver = ({ text }) => (text === 'bad' ? 410 : 200);
    await world.crash();
    await world.flow(() => world.posts.length === 4);
    await world.say('bad', { sessionId: other });
    await world.flow(() => world.posts.length === 5);
    await world.pass(0);
    await world.webhooks.settle();
    expect(await bySession()).toEqual(
      new Map([
        [sessionId, [2, 0, 0]],
        [other, [1, 1, 1]],
      ]),
    );
    slow.resolve(200);
  });

  it('tell deliveries from attempts, per tenant', async () => {
    await using world = await startWorld();
    const sessionId = await world.addSession();
    const { tenantId } = await world.create({ url: 'https://all.example/' });
    await world.create({ url: 'https://own.example/' }, sessionId);
    world.receiver = ({ text, url }) => (text === 'bad' && url.includes('all') ? 500 : 200);
    await world.say('good', { sessionId });
    await world.say('bad', { sessionId });
    await world.until(() => world.posts.length === 4);
    await world.pass(5000);
    for (const counts of [world.webhooks.counts(null), world.webhooks.counts(tenantId)]) {
      expect(counts).toEqual({ delivered: 3, failed: 2, dead: 0 });
    }
    expect(world.webhooks.counts('ten_other')).toEqual({ delivered: 0, failed: 0, dead: 0 });
  });
});

describe('the ids of calls', () => {
  it('are the ids of their events', async () => {
    await using world = await startWorld();
    await world.create();
    await world.sayAll(['a', 'b', 'c']);
    await world.until(() => world.posts.length === 3);
    const events = await world.events.read(0, { tenantId: null, types: null }, 10);
    expect(world.posts.map(({ headers }) => headers['webhook-id'])).toEqual(events.map(({ json }) => eventIdOf(json)));
  });
});
