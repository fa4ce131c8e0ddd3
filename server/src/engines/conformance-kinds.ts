/** Every kind of message, in both directions: what a session sends is on the other's screen, what a phone writes is told in our words. */
import { describe, expect, test } from 'vitest';
import type { Capability, EngineContent, MessageKey, OutgoingContent } from '../ports/engine.ts';
import type { Phone } from './conformance-phone.ts';
import type { ConformanceSession } from './conformance-session.ts';
import { type Lack, setting, text, to, type Subject } from './conformance-setting.ts';

export function describeKinds(subject: Subject): void {
  const can = (...needed: Capability[]) => test.runIf(needed.every((one) => subject.capabilities.has(one)));
  const lacks = (what: Lack) => subject.lacks?.has(what) === true;

  describe(`engine ${subject.title}: kinds of messages`, () => {
    const { phone, linked } = setting(subject);

    /** Ana has a session, Bob has a phone. */
    async function pair() {
      const [ana, bob] = [await phone('Ana'), await phone('Bob')];
      return { ana, bob, session: await linked(ana) };
    }

    async function sent(session: ConformanceSession, bob: Phone, content: OutgoingContent, more: object = {}) {
      const message = to(bob.lid, content, more);
      expect(await session.send(message)).toMatchObject({ ok: true });
      return session.idOf(message);
    }

    async function written(session: ConformanceSession, ana: Phone, bob: Phone, what: string | object) {
      const waId = await bob.write(ana, what);
      return session.messageOf(waId);
    }

    /** What was done to a message comes under an id that not every engine knows. */
    const amended = (session: ConformanceSession, type: 'edit' | 'revoke', target: string) =>
      session.until(
        () =>
          [...session.messages.values()].find(({ content }) => content.type === type && content.target.waId === target),
        `the ${type} of ${target}`,
      );

    const names = ({ jid, lid }: Phone) => expect.stringMatching(`^(${jid}|${lid})$`) as string;

    const his = (bob: Phone, waId: string): MessageKey => ({ waId, chat: bob.lid, sender: bob.lid, fromMe: false });
    const mine = (ana: Phone, bob: Phone, waId: string): MessageKey => ({
      waId,
      chat: bob.lid,
      sender: ana.lid,
      fromMe: true,
    });

    can('link_preview')('a text with the preview of an address', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const linkPreview = { url: 'https://example.com', title: 'Example', description: 'A page' };
      const content = { type: 'text' as const, text: 'see https://example.com', mentions: [] };
      const waId = await sent(session, bob, { ...content, linkPreview });
      expect(await bob.showsId(waId)).toMatchObject({ text: 'see https://example.com', linkPreview });
      const got = await written(session, ana, bob, { text: 'https://example.com', linkPreview });
      expect(got.content).toEqual({ ...content, text: 'https://example.com', linkPreview });
    });

    can('location')('a place, which may be live', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const place = { latitude: -23.55, longitude: -46.63, name: 'Sé', address: 'Centro' };
      const waId = await sent(session, bob, { type: 'location', ...place });
      expect(await bob.showsId(waId)).toMatchObject({ type: 'location', ...place });
      const got = await written(session, ana, bob, { type: 'location', ...place });
      expect(got.content).toEqual({ type: 'location', ...place, live: false });
      const live = await written(session, ana, bob, { type: 'location', latitude: 1.5, longitude: -2.5, live: true });
      expect(live.content).toMatchObject({ type: 'location', latitude: 1.5, longitude: -2.5, live: true });
    });

    can('contact')('people, one or several', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const cards = ['Carla', 'Davi'].map((name) => {
        const number = 'TEL;waid=5511988887777:+55 11 98888-7777';
        return { name, vcard: `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nEMAIL:x@example.com\n${number}\nEND:VCARD` };
      });
      const theirOwn = (name: string) =>
        expect.stringMatching(
          new RegExp(`FN:${name}\\n(.|\\n)*EMAIL:x@example.com\\n(.|\\n)*waid=5511988887777:\\+55 11 98888-7777`),
        ) as string;
      for (const contacts of [cards.slice(0, 1), cards]) {
        const waId = await sent(session, bob, { type: 'contact', contacts });
        const shown = contacts.map(({ name, vcard }) => ({ name, vcard: lacks('cards') ? theirOwn(name) : vcard }));
        expect(await bob.showsId(waId)).toMatchObject({ type: 'contact', contacts: shown });
        const got = await written(session, ana, bob, { type: 'contact', contacts });
        expect(got.content).toEqual({ type: 'contact', contacts });
      }
    });

    can('reaction')('a reaction, and that it is taken back', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const theirs = await written(session, ana, bob, 'react to me');
      await sent(session, bob, { type: 'reaction', target: his(bob, theirs.waId), emoji: '👍' });
      await bob.showsId(theirs.waId, ({ reactions }) => isLike(reactions, [{ from: ana.phoneNumber, emoji: '👍' }]));
      await sent(session, bob, { type: 'reaction', target: his(bob, theirs.waId), emoji: null });
      await bob.showsId(theirs.waId, ({ reactions }) => isLike(reactions, []));

      const waId = await sent(session, bob, text('rate me'));
      await bob.showsId(waId);
      const target = { waId, fromMe: true, sender: names(ana) };
      const given = await written(session, ana, bob, { type: 'reaction', messageId: waId, emoji: '❤️' });
      expect(given.content).toMatchObject({ type: 'reaction', target, emoji: '❤️' });
      const taken = await written(session, ana, bob, { type: 'reaction', messageId: waId, emoji: null });
      expect(taken.content).toMatchObject({ type: 'reaction', target, emoji: null });
    });

    can('edit')('an edit of what one wrote oneself', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const waId = await sent(session, bob, text('tpyo'));
      await sent(session, bob, { type: 'edit', target: mine(ana, bob, waId), text: 'typo', mentions: [] });
      expect(await bob.showsId(waId, ({ edited }) => edited === true)).toMatchObject({ text: 'typo' });
      const theirs = await written(session, ana, bob, 'frist');
      await bob.write(ana, { type: 'edit', messageId: theirs.waId, text: 'first' });
      const edit = await amended(session, 'edit', theirs.waId);
      expect(edit.content).toEqual({
        type: 'edit',
        target: expect.objectContaining({ waId: theirs.waId, fromMe: false, sender: names(bob) }) as MessageKey,
        text: 'first',
        mentions: [],
      });
    });

    can('revoke')('that a message is taken back', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const waId = await sent(session, bob, text('never mind'));
      await sent(session, bob, { type: 'revoke', target: mine(ana, bob, waId) });
      await bob.showsId(waId, ({ revoked }) => revoked === true);
      const theirs = await written(session, ana, bob, 'nor mine');
      await bob.write(ana, { type: 'revoke', messageId: theirs.waId });
      const revoke = await amended(session, 'revoke', theirs.waId);
      expect(revoke.content).toMatchObject({
        type: 'revoke',
        target: { waId: theirs.waId, fromMe: false, sender: names(bob) },
      });
    });

    can('poll')('a poll, and what others vote in it', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const poll = { question: 'When?', options: ['Monday', 'Tuesday', 'Friday'], selectable: 2 };
      const waId = await sent(session, bob, { type: 'poll', ...poll });
      expect(await bob.showsId(waId)).toMatchObject({ type: 'poll', ...poll });
      const asked = await written(session, ana, bob, { type: 'poll', ...poll, selectable: 1 });
      expect(asked.content).toEqual({ type: 'poll', ...poll, selectable: 1 });
      const vote = await written(session, ana, bob, {
        type: 'poll_vote',
        messageId: waId,
        options: ['Friday', 'Tuesday'],
      });
      if (lacks('votes')) {
        expect(vote.content.type).toBe('unsupported');
        return;
      }
      expect(vote.content).toEqual({
        type: 'poll_vote',
        target: expect.objectContaining({ waId, fromMe: true }) as MessageKey,
        options: ['Tuesday', 'Friday'],
      });
    });

    can('poll', 'poll_vote')('votes in polls of both sides', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const poll = { question: 'When?', options: ['Monday', 'Tuesday', 'Friday'], selectable: 2 };
      const waId = await sent(session, bob, { type: 'poll', ...poll });
      await bob.showsId(waId);
      const own = await sent(session, bob, { type: 'poll_vote', target: mine(ana, bob, waId), options: ['Monday'] });
      expect(await bob.showsId(own)).toMatchObject({ type: 'poll_vote', messageId: waId, options: ['Monday'] });

      const theirs = await written(session, ana, bob, { type: 'poll', ...poll, selectable: 1 });
      expect(theirs.content).toEqual({ type: 'poll', ...poll, selectable: 1 });
      const target = his(bob, theirs.waId);
      const answer = await sent(session, bob, { type: 'poll_vote', target, options: ['Tuesday'] });
      expect(await bob.showsId(answer)).toMatchObject({ type: 'poll_vote', options: ['Tuesday'] });
      const taken = await written(session, ana, bob, { type: 'poll_vote', messageId: theirs.waId, options: [] });
      expect(taken.content).toMatchObject({ type: 'poll_vote', options: [] });
    });

    can('poll_vote')('no vote in a poll that is not known, or for what it does not offer', async () => {
      const { bob, session } = await pair();
      await using _ = session;
      const unknown = to(bob.lid, { type: 'poll_vote', target: his(bob, 'NOPE'), options: ['x'] });
      expect(await session.send(unknown)).toMatchObject({ ok: false, code: 'refused' });
    });

    can('quote')('an answer to whatever was said, with what it said', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const place = await written(session, ana, bob, { type: 'location', latitude: 1, longitude: 2, name: 'Here' });
      const quoted = { ...his(bob, place.waId), text: '' };
      const waId = await sent(session, bob, text('on my way'), { quoted });
      expect(await bob.showsId(waId)).toMatchObject({ text: 'on my way', quotedId: place.waId });
      const answer = await written(session, ana, bob, { text: 'good', quotedId: waId });
      expect(answer.quotedWaId).toBe(waId);
    });

    can('forward', 'ephemeral')('messages that were forwarded, or disappear', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const forwarded = await sent(session, bob, text('news'), { forwarded: true });
      expect(await bob.showsId(forwarded)).toMatchObject({ text: 'news', forwarded: true });
      const brief = await sent(session, bob, text('gone tomorrow'), { ephemeralSeconds: 86_400 });
      expect(await bob.showsId(brief)).toMatchObject({ text: 'gone tomorrow', ephemeralSeconds: 86_400 });
      const got = await written(session, ana, bob, { text: 'as you say', forwarded: true, ephemeralSeconds: 604_800 });
      expect(got).toMatchObject({ forwarded: true, ephemeralSeconds: 604_800 });
      expect((await written(session, ana, bob, { text: 'plain', ephemeralSeconds: 0 })).forwarded).toBeUndefined();
    });

    test('what another device of the account does to messages comes as ours', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const theirs = await written(session, ana, bob, 'from Bob');
      const own = await session.messageOf(await ana.write(bob, 'from my phone'));
      const done: [object, Partial<EngineContent>][] = [
        [
          { type: 'reaction', messageId: theirs.waId, emoji: '👀' },
          { type: 'reaction', target: expect.objectContaining({ waId: theirs.waId, fromMe: false }) as MessageKey },
        ],
        [
          { type: 'edit', messageId: own.waId, text: 'edited' },
          {
            type: 'edit',
            text: 'edited',
            target: expect.objectContaining({ waId: own.waId, fromMe: true }) as MessageKey,
          },
        ],
        [
          { type: 'revoke', messageId: own.waId },
          { type: 'revoke', target: expect.objectContaining({ waId: own.waId, fromMe: true }) as MessageKey },
        ],
      ];
      for (const [what, content] of done) {
        const id = await ana.write(bob, what);
        const { type } = content;
        const isAmendment = type === 'edit' || type === 'revoke';
        const message = await (isAmendment ? amended(session, type, own.waId) : session.messageOf(id));
        expect(message).toMatchObject({
          fromMe: true,
          chat: { kind: 'person', identity: { phoneNumber: bob.phoneNumber } },
          content,
        });
      }
    });

    can('ephemeral')('a kind that there is no word for keeps its name', async () => {
      const { ana, bob, session } = await pair();
      await using _ = session;
      const timer = await written(session, ana, bob, { type: 'timer', ephemeralSeconds: 86_400 });
      expect(timer.content).toEqual({ type: 'unsupported', kind: 'protocolMessage.ephemeral_setting' });
    });
  });
}

function isLike(found: unknown, wanted: unknown): boolean {
  return JSON.stringify(found ?? []) === JSON.stringify(wanted);
}
