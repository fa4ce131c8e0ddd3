/** What was said before a session was linked: told as history, in small parts, and never as news. */
import { describe, expect, test } from 'vitest';
import type { EngineMessage } from '../ports/engine.ts';
import type { Phone } from './conformance-phone.ts';
import type { ConformanceSession } from './conformance-session.ts';
import { setting, type Subject } from './conformance-setting.ts';

export function describeHistory(subject: Subject): void {
  const suite = subject.capabilities.has('history') ? describe : describe.skip;

  suite(`engine ${subject.title}: history`, () => {
    const { phone, session: unlinked } = setting(subject);

    async function linked(owner: Phone): Promise<ConformanceSession> {
      const session = unlinked();
      session.open();
      await owner.scan((await session.event('qr')).qr);
      await session.event('closed');
      session.open();
      await session.event('open');
      return session;
    }

    const parts = ({ events }: ConformanceSession) =>
      events.flatMap((event) => (event.type === 'history' ? [event.history] : []));
    const remembered = (session: ConformanceSession): EngineMessage[] =>
      parts(session).flatMap(({ messages }) => messages);
    const find = (session: ConformanceSession, waId: string) =>
      session.until(() => remembered(session).find((message) => message.waId === waId), `${waId} in the history`);
    const oldest = ({ timestamp }: EngineMessage, { timestamp: other }: EngineMessage) => timestamp - other;

    test('is what stands on the phone, of both sides, with what was done to it', async () => {
      const [ana, bob] = [await phone('Ana'), await phone('Bob')];
      const plain = await bob.write(ana, 'hello');
      const own = await ana.write(bob, 'from Ana');
      await bob.write(ana, { type: 'reaction', messageId: own, emoji: '👍' });
      const poll = await ana.write(bob, { type: 'poll', question: 'Lunch?', options: ['Yes', 'No'] });
      await bob.write(ana, { type: 'poll_vote', messageId: poll, options: ['No'] });
      const picture = await bob.write(ana, { type: 'image', media: { base64: 'QUFB' }, caption: 'look' });
      const group = await bob.foundGroup('Team', [ana]);
      const inGroup = await bob.write(group.id, 'in the group');
      await using session = await linked(ana);
      const identity = { phoneNumber: bob.phoneNumber, lid: bob.lid };
      expect(await find(session, plain)).toMatchObject({
        chat: { kind: 'person', identity },
        sender: identity,
        fromMe: false,
        content: { type: 'text', text: 'hello' },
      });
      expect(await find(session, own)).toMatchObject({ fromMe: true, chat: { kind: 'person', identity } });
      expect(await find(session, picture)).toMatchObject({ content: { type: 'image', caption: 'look' } });
      expect(await find(session, inGroup)).toMatchObject({
        chat: { kind: 'group', jid: group.id },
        sender: { lid: bob.lid },
      });
      expect(parts(session).flatMap(({ groups }) => groups)).toContainEqual({ jid: group.id, subject: 'Team' });
      const about = (type: string) => remembered(session).find(({ content }) => content.type === type)?.content;
      expect(about('reaction')).toMatchObject({ target: { waId: own, fromMe: true }, emoji: '👍' });
      expect(about('poll_vote')).toMatchObject({ target: { waId: poll, fromMe: true }, options: ['No'] });
      expect(session.events.some(({ type }) => type === 'message')).toBe(false);
    });

    test('brings names, and who is who', async () => {
      const [ana, bob] = [await phone('Ana'), await phone('Bob')];
      await bob.write(ana, 'hello');
      await using session = await linked(ana);
      const contacts = () => parts(session).flatMap((part) => part.contacts);
      await session.until(
        () => contacts().find(({ pushName, identity }) => pushName === 'Bob' && identity.lid === bob.lid),
        "Bob's name",
      );
      await session.until(
        () => contacts().find(({ identity }) => identity.lid === bob.lid && identity.phoneNumber === bob.phoneNumber),
        'who Bob is',
      );
    });

    test('comes in parts, each of them small and oldest first, and all of it once', async () => {
      const [ana, bob] = [await phone('Ana'), await phone('Bob')];
      await bob.writeMany(ana, 450);
      await using session = await linked(ana);
      await session.until(() => (remembered(session).length >= 450 ? true : undefined), 'all of it');
      expect(new Set(remembered(session).map(({ waId }) => waId)).size).toBe(450);
      for (const { messages } of parts(session)) {
        expect(messages.length).toBeLessThanOrEqual(250);
        expect(messages).toEqual([...messages].sort(oldest));
      }
    });

    test('is gone on with after a crash in the middle of it, and leaves nothing behind', async () => {
      const [ana, bob] = [await phone('Ana'), await phone('Bob')];
      await bob.writeMany(ana, 120);
      const session = await linked(ana);
      session.forgetsHistory = true;
      await session.until(() => (session.credentials.journal.size > 0 ? true : undefined), 'the journal');
      await using reborn = session.afterKill();
      await ana.fault('drop');
      reborn.open();
      await reborn.until(() => (remembered(reborn).length >= 120 ? true : undefined), 'all of it');
      await reborn.until(() => (reborn.credentials.journal.size === 0 ? true : undefined), 'an empty journal');
    });
  });
}
