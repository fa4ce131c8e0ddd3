import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { RETRY_DELAYS_MS } from '../domain/delivery-schedule.ts';
import { type Post, startWorld, type World } from './webhooks.fixture.ts';

const MIN = 60_000;
const H = 60 * MIN;
const DAY = 24 * H;

const rowsOf = async ({ webhooks }: World, id: string, status?: 'pending' | 'delivered' | 'dead') =>
  (await webhooks.deliveries(id, null, { limit: 1000, ...(status && { status }) })).toReversed();
const seconds = (posts: readonly Post[]) => posts.map(({ at }) => at / 1000);

describe('a webhook', () => {
  it('gets the bytes that the log has, signed as Standard Webhooks say', async () => {
    await using world = await startWorld();
    const { url, secret } = await world.create({ headers: { 'X-Mine': 'yes', 'webhook-id': 'not mine' } });
    const seq = await world.say('olá 🙈');
    await world.until(() => world.posts.length === 1);
    const [post] = world.posts;
    const [event] = await world.events.read(seq - 1, { tenantId: null, types: null }, 1);
    expect(post).toMatchObject({ url, body: event?.json, withinMs: 15_000 });
    const { headers = {} } = post ?? {};
    expect(headers).toMatchObject({ 'X-Mine': 'yes', 'content-type': 'application/json' });
    const { id } = JSON.parse(event?.json ?? '') as { id: string };
    expect(headers['webhook-id']).toBe(id);
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(world.clock.now() / 1000)));
    const expected = new Webhook(secret ?? '').sign(id, new Date(world.clock.now()), event?.json ?? '');
    expect(headers['webhook-signature']).toBe(expected);
  });

  it('gets events that happen after it was made, and only those that it names', async () => {
    await using world = await startWorld();
    await world.say('before');
    await world.create({ events: ['session.*', 'message.status'] });
    await world.create({ events: ['session.connected'], url: 'https://other.example/' });
    await world.say('after');
    await world.pass(0);
    expect(world.said()).toEqual(['after']);
  });

  it('of a session gets the events of that session; one of the tenant gets them all', async () => {
    await using world = await startWorld();
    const mine = await world.addSession();
    await world.create({ url: 'https://own.example/' }, mine);
    await world.create({ url: 'https://all.example/' });
    await world.say('elsewhere');
    await world.say('here', { sessionId: mine });
    await world.pass(0);
    const toOwn = world.posts.filter(({ url }) => url.includes('own'));
    const toAll = world.posts.filter(({ url }) => url.includes('all'));
    expect([world.said(toOwn), world.said(toAll)]).toEqual([['here'], ['elsewhere', 'here']]);
  });

  it('that is made with its session hears of its creation', async () => {
    await using world = await startWorld();
    const { records } = await world.webhooks.createWith(
      [{ tenantId: 'ten_00000000000000000000000000', url: 'https://own.example/', events: ['*'] }],
      async (also) => {
        const sessionId = await world.addSession();
        await world.store.commit(also(sessionId));
        await world.say('created', { sessionId });
      },
    );
    await world.until(() => world.posts.length === 1);
    expect(records[0]?.secret).toMatch(/^whsec_/);
    expect(await world.store.webhooks.get(records[0]?.id ?? '', null)).toEqual(records[0]);
  });

  it('whose session could not be made is not made either', async () => {
    await using world = await startWorld();
    const sessionId = await world.addSession();
    const failing = world.webhooks.createWith(
      [{ tenantId: 'ten_00000000000000000000000000', url: 'https://own.example/', events: ['*'] }],
      (also) => {
        also(sessionId);
        return Promise.reject(new Error('the name is taken'));
      },
    );
    await expect(failing).rejects.toThrow('the name is taken');
    await world.say('nothing', { sessionId });
    await world.pass(0);
    expect(world.posts).toEqual([]);
    expect(world.webhooks.states(null)).toEqual({ active: 0, paused: 0, disabled: 0 });
  });

  it('is refused for an address that may not be called, and taken for one whose name is not known yet', async () => {
    await using world = await startWorld();
    const refusal = { code: 'validation_failed', details: { fields: [{ field: 'url' }] } };
    await expect(world.create({ url: 'http://private.example/' })).rejects.toMatchObject(refusal);
    const { id } = await world.create({ url: 'http://unknown.example/' });
    await expect(world.webhooks.patch(id, null, { url: 'http://private.example/' })).rejects.toMatchObject(refusal);
    const inSession = world.webhooks.createWith(
      [{ tenantId: 'ten_00000000000000000000000000', url: 'http://private.example/', events: ['*'] }],
      () => expect.fail('there is nothing to create'),
    );
    await expect(inSession).rejects.toMatchObject({ details: { fields: [{ field: 'webhooks.0.url' }] } });
  });

  it('goes on with its session until the last event, and then with it', async () => {
    await using world = await startWorld();
    const sessionId = await world.addSession('shop-1');
    const webhook = await world.create({}, sessionId);
    await world.append({
      ...{ type: 'session.deleted', tenantId: webhook.tenantId, session: { id: sessionId, name: 'shop-1' } },
      ...{ occurredAt: 1, data: { unlinked: 'confirmed', cleanup: null } },
    });
    await world.until(() => world.posts.length === 1);
    await world.pass(0);
    await expect(world.webhooks.find(webhook.id, null)).rejects.toMatchObject({ code: 'webhook_not_found' });
    await world.say('more', { sessionId });
    await world.pass(0);
    expect(world.posts).toHaveLength(1);
  });

  it('is not there for another tenant', async () => {
    await using world = await startWorld();
    const { id, tenantId } = await world.create();
    const { webhooks } = world;
    expect(await webhooks.find(id, tenantId)).toMatchObject({ id });
    const foreign = [
      webhooks.find(id, 'ten_other'),
      webhooks.patch(id, 'ten_other', {}),
      webhooks.remove(id, 'ten_other'),
      webhooks.pause(id, 'ten_other'),
      webhooks.resume(id, 'ten_other'),
      webhooks.rotateSecret(id, 'ten_other', undefined),
      webhooks.test(id, 'ten_other'),
      webhooks.deliveries(id, 'ten_other', { limit: 1 }),
      webhooks.replay(id, 'ten_other', 'dlv_1'),
      webhooks.replayRange(id, 'ten_other', { from: 0, to: 1, onlyDead: false }),
    ];
    for (const result of await Promise.allSettled(foreign)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'webhook_not_found' } });
    }
  });
});

describe('a delivery that fails', () => {
  it('is tried again by the schedule, always under the same id, and is dead after the last time', async () => {
    await using world = await startWorld();
    world.receiver = () => 500;
    const { id } = await world.create();
    const begun = world.clock.now();
    await world.say('lost');
    await world.until(() => world.posts.length === 1);
    for (const [at, delay] of RETRY_DELAYS_MS.entries()) {
      await world.pass(delay - 1);
      expect(world.posts).toHaveLength(at + 1);
      await world.pass(1);
      expect(world.posts).toHaveLength(at + 2);
    }
    await world.pass(7 * DAY);
    expect(world.posts).toHaveLength(10);
    const due = RETRY_DELAYS_MS.map((_, at) => RETRY_DELAYS_MS.slice(0, at + 1).reduce((a, b) => a + b, 0));
    expect(seconds(world.posts)).toEqual([0, ...due].map((ms) => (begun + ms) / 1000));
    expect(new Set(world.posts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(world.posts.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(10);
    const [row] = await rowsOf(world, id);
    expect(row).toMatchObject({ status: 'dead', made: 10, nextAt: null });
    expect(row?.attempts).toHaveLength(10);
    expect(row?.attempts[0]).toEqual({
      at: begun,
      ms: 0,
      status: 500,
      error: 'The receiver answered 500.',
      code: 'http_status',
      body: '',
    });
  });

  it('keeps the schedule over a crash, and what was answered', async () => {
    await using world = await startWorld();
    world.receiver = () => ({ status: 503, body: 'we are sleeping' });
    const { id } = await world.create();
    await world.say('late');
    await world.until(() => world.posts.length === 1);
    await world.pass(1000);
    await world.crash();
    await world.pass(3999);
    expect(world.posts).toHaveLength(1);
    world.receiver = () => ({ status: 202, body: 'awake' });
    await world.pass(1);
    expect(world.said()).toEqual(['late', 'late']);
    await world.pass(1000);
    const [row, ...others] = await rowsOf(world, id);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      ...{ status: 'delivered', made: 2 },
      attempts: [
        { status: 503, error: 'The receiver answered 503.', code: 'http_status', body: 'we are sleeping' },
        { status: 202, error: null, code: null, body: 'awake' },
      ],
    });
  });

  it('waits for as long as Retry-After says, and so do the others of a receiver that is overloaded', async () => {
    await using world = await startWorld();
    await world.create();
    world.receiver = () => ({ status: 429, headers: { 'retry-after': '120' } });
    await world.say('one');
    await world.until(() => world.posts.length === 1);
    world.receiver = () => 200;
    await world.say('two', { chat: '2@lid' });
    await world.pass(119_999);
    expect(world.said()).toEqual(['one']);
    await world.pass(1);
    expect(world.said().toSorted()).toEqual(['one', 'one', 'two']);
  });

  it('steps aside: what follows in its chat does not wait', async () => {
    await using world = await startWorld();
    await world.create();
    world.receiver = ({ text }) => (text === 'bad' ? 500 : 200);
    await world.sayAll(['a', 'bad', 'b', 'c']);
    await world.until(() => world.posts.length === 4);
    world.receiver = () => 200;
    await world.pass(5000);
    expect(world.said()).toEqual(['a', 'bad', 'b', 'c', 'bad']);
  });

  it('says why: no answer, a redirect, a refusal', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    const replies = ['fails', 302, 404] as const;
    world.receiver = () => replies[world.posts.length - 1] ?? 200;
    await world.sayAll(['a', 'b', 'c']);
    await world.until(() => world.posts.length === 3);
    await world.pass(0);
    const errors = (await rowsOf(world, id)).map(({ attempts }) => attempts[0]?.error);
    expect(errors).toEqual([
      'The host refused the connection.',
      'The receiver answered 302. Redirects are not followed.',
      'The receiver answered 404.',
    ]);
  });
});

describe('a receiver that wants no more', () => {
  it('is not called again after 410, until somebody resumes it', async () => {
    await using world = await startWorld();
    const { id, url } = await world.create({ url: 'https://receiver.example/hook?token=secret' });
    await world.create({ url: 'https://watch.example/', events: ['webhook.disabled'] });
    world.receiver = (post) => (post.url === url ? 410 : 200);
    await world.say('unwanted');
    await world.until(() => world.posts.length === 1);
    await world.pass(1000);
    await world.say('unheard');
    await world.pass(DAY);
    expect(world.posts.map((post) => post.url)).toEqual([url, 'https://watch.example/']);
    expect(JSON.parse(world.posts[1]?.body.toString() ?? '')).toMatchObject({
      ...{ type: 'webhook.disabled', session: null },
      data: { webhookId: id, url: 'https://receiver.example/hook', cause: { code: 'gone' } },
    });
    expect(await world.webhooks.find(id, null)).toMatchObject({ state: { name: 'disabled', cause: 'gone' } });
    expect(await world.store.webhooks.get(id, null)).toMatchObject({ state: { name: 'disabled', cause: 'gone' } });
    // Nothing is kept for it meanwhile.
    expect((await rowsOf(world, id)).map(({ status }) => status)).toEqual(['dead']);

    world.receiver = () => 200;
    await world.webhooks.resume(id, null);
    await world.say('welcome');
    await world.pass(0);
    expect(world.said(world.posts.filter((post) => post.url === url))).toEqual(['unwanted', 'welcome']);
  });

  it('is given up after five days of nothing but failures, and not when one call succeeded', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    world.receiver = () => 500;
    for (let day = 0; day < 4; day += 1) {
      await world.say(`day ${day}`);
      await world.pass(DAY);
    }
    expect(await world.webhooks.find(id, null)).toMatchObject({ state: { name: 'active' } });
    world.receiver = () => 200;
    await world.say('well');
    await world.pass(1000);
    expect(await world.store.webhooks.get(id, null)).toMatchObject({ failingSince: null });
    world.receiver = () => 500;
    const failingSince = world.clock.now();
    await world.say('ill');
    await world.pass(1000);
    expect(await world.store.webhooks.get(id, null)).toMatchObject({ failingSince });
    await world.pass(5 * DAY - 1001);
    await world.crash();
    await world.pass(0);
    expect(await world.webhooks.find(id, null)).toMatchObject({ state: { name: 'active' } });
    await world.pass(1);
    await world.say('one too many');
    await world.pass(1000);
    expect(await world.webhooks.find(id, null)).toMatchObject({ state: { name: 'disabled', cause: 'failing' } });
  });
});

describe('order', () => {
  it('is kept within a chat, one call at a time; chats do not wait for one another', async () => {
    await using world = await startWorld();
    await world.create();
    const first = Promise.withResolvers<number>();
    world.receiver = ({ text }) => (text === 'a1' ? first.promise : 200);
    await world.sayAll(['a1', 'a2', 'a3'], { chat: 'a' });
    await world.sayAll(['b1', 'b2'], { chat: 'b' });
    await world.until(() => world.posts.length === 3);
    await world.pass(0);
    expect(world.said()).toEqual(['a1', 'b1', 'b2']);
    first.resolve(200);
    await world.until(() => world.posts.length === 5);
    expect(world.said()).toEqual(['a1', 'b1', 'b2', 'a2', 'a3']);
  });

  it('that is strict lets a failed delivery hold back its own chat, and no other, until it is delivered', async () => {
    await using world = await startWorld();
    const { id } = await world.create({ strictOrder: true });
    world.receiver = ({ text }) => (text === 'a1' ? 500 : 200);
    await world.sayAll(['a1', 'a2', 'a3'], { chat: 'a' });
    await world.sayAll(['b1', 'b2'], { chat: 'b' });
    await world.pass(1000);
    await world.say('a4', { chat: 'a' });
    await world.say('b3', { chat: 'b' });
    await world.pass(1000);
    expect(world.said()).toEqual(['a1', 'b1', 'b2', 'b3']);
    await world.pass(200);
    await world.crash();
    await world.pass(2799);
    expect(world.said()).toEqual(['a1', 'b1', 'b2', 'b3']);
    world.receiver = () => 200;
    await world.pass(1);
    await world.pass(1000);
    await world.pass(1000);
    expect(world.said()).toEqual(['a1', 'b1', 'b2', 'b3', 'a1', 'a2', 'a3', 'a4']);
    expect(await rowsOf(world, id, 'pending')).toEqual([]);
  });

  it('that is strict goes on after a dead letter', async () => {
    await using world = await startWorld();
    await world.create({ strictOrder: true });
    world.receiver = ({ text }) => (text === 'a1' ? 500 : 200);
    await world.sayAll(['a1', 'a2'], { chat: 'a' });
    for (const delay of RETRY_DELAYS_MS) await world.pass(delay);
    await world.pass(1000);
    await world.pass(1000);
    expect(world.said()).toEqual([...Array.from({ length: 10 }, () => 'a1'), 'a2']);
  });

  it('that is strict holds for hundreds that wait, and for what comes while they go out', async () => {
    await using world = await startWorld();
    await world.create({ strictOrder: true });
    world.receiver = () => 500;
    const chats = ['a', 'b', 'c'];
    const expected = new Map(chats.map((chat) => [chat, [] as string[]]));
    const sayRound = async (round: number) => {
      for (const chat of chats) {
        const whats = Array.from({ length: 60 }, (_, at) => `${chat}${round}.${at}`);
        expected.get(chat)?.push(...whats);
        await world.sayAll(whats, { chat });
      }
    };
    await sayRound(0);
    await world.pass(2500);
    world.receiver = () => 200;
    for (let round = 1; round < 4; round += 1) {
      await sayRound(round);
      await world.pass(1000);
    }
    const delivered = () => world.posts.slice(3);
    await world.flow(() => delivered().length === 720);
    for (const chat of chats) {
      expect(world.said(delivered()).filter((text) => text.startsWith(chat))).toEqual(expected.get(chat));
    }
  });
});

describe('many deliveries', () => {
  it('of a receiver that hangs wait in the store; they hold up nobody and none is lost', async () => {
    await using world = await startWorld();
    const hanging = await world.create({ url: 'https://hangs.example/' });
    await world.create({ url: 'https://well.example/' });
    const freed = Promise.withResolvers<number>();
    const isHanging = ({ url }: Post) => url.includes('hangs');
    world.receiver = (post) => (isHanging(post) ? freed.promise : 200);
    const whats = Array.from({ length: 2000 }, (_, at) => `m${at}`);
    for (let at = 0; at < 2000; at += 100) await world.sayAll(whats.slice(at, at + 100), { chat: `c${at % 700}` });
    const toWell = () => world.posts.filter((post) => !isHanging(post));
    await world.flow(() => toWell().length === 2000);
    const toHanging = () => world.posts.filter(isHanging);
    expect(toHanging().length).toBeLessThanOrEqual(16);
    await world.pass(2000);
    world.receiver = () => 200;
    freed.resolve(200);
    await world.flow(() => toHanging().length === 2000);
    await world.pass(2000);
    expect(new Set(world.said(toHanging()))).toEqual(new Set(whats));
    const rows = await world.webhooks.deliveries(hanging.id, null, { limit: 3000 });
    expect(rows.filter(({ status }) => status === 'delivered')).toHaveLength(2000);
  });

  it('are written once each where the receiver answers', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    let written = 0;
    const { commit } = world.store;
    world.store.commit = (change) => {
      for (const write of change) if (write.kind === 'deliveries.record') written += write.rows.length;
      return commit(change);
    };
    await world.crash();
    await world.sayAll(Array.from({ length: 150 }, (_, at) => `m${at}`));
    await world.until(() => world.posts.length === 150);
    await world.pass(1000);
    expect(await rowsOf(world, id, 'delivered')).toHaveLength(150);
    expect(written).toBe(150);
  });

  it('narrow the way to a receiver that fails, and widen it when it is well again', async () => {
    await using world = await startWorld();
    await world.create();
    let now = 0;
    let most = 0;
    let hold: PromiseWithResolvers<number> | null = Promise.withResolvers<number>();
    world.receiver = async () => {
      now += 1;
      most = Math.max(most, now);
      const status = await (hold?.promise ?? Promise.resolve(200));
      now -= 1;
      return status;
    };
    const sayMany = async (name: string) => {
      for (let at = 0; at < 40; at += 1) await world.say(`${name}${at}`, { chat: `${name}${at}` });
      await world.pass(0);
    };
    await sayMany('a');
    expect(most).toBe(16);
    hold.resolve(500);
    hold = null;
    world.receiver = () => 500;
    await world.until(() => world.posts.length === 40);
    most = 0;
    hold = Promise.withResolvers<number>();
    const held = hold;
    world.receiver = async () => {
      now += 1;
      most = Math.max(most, now);
      const status = await held.promise;
      now -= 1;
      return status;
    };
    await sayMany('b');
    expect(most).toBe(1);
    held.resolve(200);
    await world.until(() => world.posts.length === 80);
    expect(most).toBe(16);
  });
});

describe('after a crash', () => {
  it('every event has exactly one delivery, and each that was not confirmed is sent again', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    const never = new Promise<number>(() => undefined);
    world.receiver = ({ text }) => (text.startsWith('stuck') ? never : 200);
    await world.sayAll(['a', 'b'], { chat: 'x' });
    await world.until(() => world.posts.length === 2);
    await world.pass(1000);
    await world.sayAll(['stuck', 'c'], { chat: 'y' });
    await world.until(() => world.posts.length === 3);
    await world.say('d', { chat: 'z' });
    await world.until(() => world.posts.length === 4);
    await world.crash();
    world.receiver = () => 200;
    await world.until(() => world.said().includes('c'));
    await world.pass(1000);
    expect(world.said().slice(0, 4)).toEqual(['a', 'b', 'stuck', 'd']);
    // "d" was answered, but the crash came before that was stored.
    expect(world.said().slice(4).toSorted()).toEqual(['c', 'd', 'stuck']);
    const rows = await rowsOf(world, id);
    expect(rows.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered', 'delivered', 'delivered']);
  });

  it('what was stored ahead of the cursor is not sent again', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    const never = new Promise<number>(() => undefined);
    world.receiver = ({ text }) => (text === 'stuck' ? never : 200);
    await world.say('stuck', { chat: 'x' });
    await world.say('done', { chat: 'y' });
    await world.until(() => world.posts.length === 2);
    await world.pass(200);
    await world.crash();
    world.receiver = () => 200;
    await world.until(() => world.posts.length === 3);
    await world.pass(1000);
    expect(world.said()).toEqual(['stuck', 'done', 'stuck']);
    expect(await rowsOf(world, id)).toHaveLength(2);
  });

  it('webhooks hear of what happened while nobody was there', async () => {
    await using world = await startWorld();
    await world.create();
    await world.webhooks.close();
    await world.sayAll(['a', 'b']);
    await world.crash();
    await world.until(() => world.posts.length === 2);
    expect(world.said()).toEqual(['a', 'b']);
  });
});

describe('a shutdown', () => {
  it('waits for the calls under way, and stores what came of them', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    const answer = Promise.withResolvers<number>();
    world.receiver = () => answer.promise;
    await world.say('a');
    await world.until(() => world.posts.length === 1);
    const closing = world.webhooks.close();
    answer.resolve(200);
    await closing;
    expect(await world.store.deliveries.list({ webhookId: id, limit: 9 })).toMatchObject([{ status: 'delivered' }]);
    expect(await world.store.deliveries.readUpTo()).toBe(world.events.last());
  });

  it('gives up a call that hangs; it is made again after the next start', async () => {
    await using world = await startWorld();
    const { id } = await world.create();
    world.receiver = () => new Promise<number>(() => undefined);
    await world.say('a');
    await world.until(() => world.posts.length === 1);
    const closing = world.webhooks.close();
    await world.pass(3000);
    await closing;
    expect(await world.store.deliveries.list({ webhookId: id, limit: 9 })).toMatchObject([
      { status: 'pending', made: 0 },
    ]);
    world.receiver = () => 200;
    await world.crash();
    await world.until(() => world.posts.length === 2);
  });
});
