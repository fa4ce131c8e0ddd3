/** Messages that cannot be decrypted at first, on either side, and those that are delivered twice. */
import { describe, expect, test } from 'vitest';
import type { Phone } from './conformance-phone.ts';
import type { ConformanceSession } from './conformance-session.ts';
import { setting, text, to, type Subject } from './conformance-setting.ts';

export function describeRetries(subject: Subject): void {
  describe(`engine ${subject.title}: what cannot be decrypted`, () => {
    const { phone, linked } = setting(subject);
    const toldOf = subject.lacks?.has('riddles') === true ? test.skip : test;

    async function pair() {
      const [ana, bob] = [await phone('Ana'), await phone('Bob')];
      return { ana, bob, session: await linked(ana) };
    }

    const riddles = ({ events }: ConformanceSession) =>
      events.flatMap((event) => (event.type === 'undecryptable' ? [event.message.waId] : []));
    const told = ({ events }: ConformanceSession) =>
      events.flatMap((event) => (event.type === 'message' ? [event.message.waId] : []));

    toldOf('is told once, with whose it is, and then comes under the same id', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      await ana.fault('corrupt');
      const waId = await bob.write(ana, 'spoilt');
      const identity = { phoneNumber: bob.phoneNumber, lid: bob.lid };
      const { message, reason } = await session.event('undecryptable');
      expect(message).toMatchObject({ waId, chat: { kind: 'person', identity }, sender: identity, fromMe: false });
      expect(reason).not.toBe('');
      expect((await session.message('spoilt')).waId).toBe(waId);
      await bob.write(ana, 'fine');
      await session.message('fine');
      expect(riddles(session)).toEqual([waId]);
    });

    toldOf('comes again in a group too, and the key of the group is known from then on', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const group = await bob.foundGroup('Team', [ana]);
      await ana.fault('corrupt');
      const waId = await bob.write(group.id, 'spoilt');
      const { message } = await session.event('undecryptable');
      expect(message).toMatchObject({ waId, chat: { kind: 'group', jid: group.id }, sender: { lid: bob.lid } });
      expect((await session.message('spoilt')).chat).toEqual({ kind: 'group', jid: group.id });
      await bob.write(group.id, 'fine');
      await session.message('fine');
      expect(riddles(session)).toEqual([waId]);
    });

    toldOf('each time is told once, however often it comes, and is not logged without end', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      await ana.fault('corrupt', { times: 1000 });
      const ids = [];
      for (let count = 0; count < 15; count += 1) ids.push(await bob.write(ana, `never ${count}`));
      await session.until(() => (riddles(session).length >= ids.length ? true : undefined), 'all of them');
      await ana.calmDown();
      await bob.write(ana, 'readable');
      await session.message('readable');
      expect([...riddles(session)].sort()).toEqual([...ids].sort());
      const lines = session.log.lines.filter((line) => line.startsWith('A message could not be decrypted'));
      expect(lines.length).toBeLessThanOrEqual(10);
    });

    toldOf('that only the phone got is told, and what it hands on comes under the same id', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      await ana.fault('unavailable', { type: '' });
      const waId = await bob.write(ana, 'from an advertisement');
      expect((await session.event('undecryptable')).message).toMatchObject({ waId, sender: { lid: bob.lid } });
      const message = await session.message('from an advertisement');
      expect(message).toMatchObject({ waId, sender: { phoneNumber: bob.phoneNumber, lid: bob.lid }, fromMe: false });
    });

    toldOf('that only the phone may show is told with its reason', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const media = { base64: 'QUFB' };
      const waId = await bob.write(ana, { type: 'image', media, viewOnce: 'phone_only' });
      const { message, reason } = await session.event('undecryptable');
      expect(message.waId).toBe(waId);
      expect(reason).toContain('view_once');
    });

    test('because its key was used up comes all the same', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      await ana.fault('stale_prekey');
      await bob.write(ana, 'with an old key');
      await session.message('with an old key');
      await bob.write(ana, 'and on');
      await session.message('and on');
    });

    test('at the other side is sent again, with the same id, and shows once', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const eve = await phone('Eve');
      const group = await ana.foundGroup('Team', [bob, eve]);
      for (const [address, readers] of [
        [bob.lid, [bob]],
        [group.id, [bob, eve]],
      ] as [string, Phone[]][]) {
        await session.send(to(address, text(`before ${address}`)));
        await ana.fault('corrupt', { way: 'sent' });
        const message = to(address, text(`spoilt ${address}`));
        await session.send(message);
        for (const reader of readers) {
          await reader.showsId(session.idOf(message), (shown) => shown.text === `spoilt ${address}`);
          expect((await reader.screen()).filter(({ id }) => id === session.idOf(message))).toHaveLength(1);
        }
      }
    });

    test('delivered twice at once, or again after a reconnect, is told once', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const group = await bob.foundGroup('Team', [ana]);
      await ana.fault('duplicate');
      const first = await bob.write(ana, 'twice');
      await bob.write(ana, 'after');
      await session.message('after');
      await ana.fault('duplicate', { when: 'after_reconnect', times: 2 });
      const ids = [first, await bob.write(ana, 'one'), await bob.write(group.id, 'two')];
      await session.message('two');
      expect(told(session).filter((waId) => ids.includes(waId))).toEqual(ids);
      await session.run.close('disconnect');
      session.open();
      await session.event('open');
      await bob.write(ana, 'new');
      await session.message('new');
      expect(told(session).filter((waId) => ids.includes(waId))).toEqual([]);
      expect(riddles(session)).toEqual([]);
    });
  });
}
