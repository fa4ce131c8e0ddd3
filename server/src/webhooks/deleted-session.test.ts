import type { SessionId } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import type { EventDraft } from '../ports/store.ts';
import { type Post, startWorld, type World } from './webhooks.fixture.ts';

const SEC = 1000;
const DAY = 24 * 3_600_000;

/** As the last step of a delete does it: what is stored goes first, then the session with its last event. */
async function deleteSession({ store, clock }: World, id: SessionId): Promise<void> {
  const record = await store.sessions.get(id);
  if (!record) throw new Error('there is no such session');
  const { tenantId, name } = record;
  while ((await store.commit([{ kind: 'session.purge', id, limit: 100 }])).changed[0]);
  const deleted: EventDraft = {
    ...{ tenantId, session: { id, name }, occurredAt: clock.now() },
    ...{ type: 'session.deleted', data: { unlinked: 'confirmed', cleanup: null } },
  };
  await store.commit([{ kind: 'session.remove', id, events: [deleted] }]);
}

/** Of a status what was said, of all else the type. */
function heard(posts: readonly Post[]): string[] {
  return posts.map(({ text, body }) => text || (JSON.parse(body.toString()) as { type: string }).type);
}

describe('the webhook of a deleted session', () => {
  it('still gets what it has not heard, each once and in its order, though its receiver is slow', async () => {
    await using world = await startWorld();
    const sessionId = await world.addSession('shop-1');
    await world.create({}, sessionId);
    const slow = Promise.withResolvers<number>();
    world.receiver = ({ text }) => (text.startsWith('slow') ? slow.promise : text === 'failed' ? 500 : 200);
    // Events that name no chat have their order too, and the last one is among them.
    await world.sayAll(['slow one'], { chat: '', sessionId });
    await world.sayAll(['slow two', 'failed', 'last'], { chat: 'a', sessionId });
    await world.until(() => world.posts.length === 2);
    await deleteSession(world, sessionId);
    await world.pass(SEC);
    expect(heard(world.posts)).toEqual(['slow one', 'slow two']);
    slow.resolve(200);
    await world.until(() => world.posts.length >= 5);
    await world.pass(DAY);
    const all = heard(world.posts);
    expect(all.toSorted()).toEqual(['failed', 'last', 'session.deleted', 'slow one', 'slow two']);
    expect(all.indexOf('last')).toBeGreaterThan(all.indexOf('failed'));
    expect(world.webhooks.states(null)).toEqual({ active: 0, paused: 0, disabled: 0 });
  });

  it('hears of the delete though more than fits into memory was waiting', async () => {
    await using world = await startWorld();
    const sessionId = await world.addSession('shop-1');
    await world.create({}, sessionId);
    const slow = Promise.withResolvers<number>();
    world.receiver = () => slow.promise;
    for (let round = 0; round < 4; round += 1) {
      await world.sayAll(
        Array.from({ length: 100 }, (_, at) => `${round}-${at}`),
        { chat: '', sessionId },
      );
    }
    await world.until(() => world.posts.length === 1);
    await world.pass(SEC);
    await deleteSession(world, sessionId);
    await world.pass(SEC);
    slow.resolve(200);
    await world.until(() => heard(world.posts).at(-1) === 'session.deleted');
  });

  it('is given up where its receiver hangs, and a shutdown does not wait for that', async () => {
    await using world = await startWorld();
    const [one, two] = [await world.addSession('shop-1'), await world.addSession('shop-2')];
    const given: string[] = [];
    world.receiver = ({ text, signal }) => {
      signal?.addEventListener('abort', () => given.push(text));
      return new Promise<number>(() => undefined);
    };
    for (const sessionId of [one, two]) {
      await world.create({}, sessionId);
      await world.say(sessionId === one ? 'one' : 'two', { chat: '', sessionId });
    }
    await world.until(() => world.posts.length === 2);
    await deleteSession(world, one);
    await world.pass(29 * SEC);
    expect(given).toEqual([]);
    await world.pass(SEC);
    expect(given).toEqual(['one']);
    await deleteSession(world, two);
    await world.pass(0);
    const closing = world.webhooks.close();
    await world.pass(3 * SEC);
    await closing;
    expect(given).toEqual(['one', 'two']);
    expect(heard(world.posts)).toEqual(['one', 'two']);
  });
});
