/** Groups: what is written in them, what is done to them, and what is told of both. */
import { describe, expect, test } from 'vitest';
import {
  type EngineGroup,
  type EngineMessage,
  EngineRefused,
  type GroupCalls,
  type MessageKey,
} from '../ports/engine.ts';
import type { Phone } from './conformance-phone.ts';
import type { ConformanceSession } from './conformance-session.ts';
import { type Lack, setting, text, to, type Subject } from './conformance-setting.ts';

export function describeGroups(subject: Subject): void {
  const suite = subject.capabilities.has('groups') ? describe : describe.skip;

  const lacks = (what: Lack) => subject.lacks?.has(what) === true;

  suite(`engine ${subject.title}: groups`, () => {
    const { phone, linked } = setting(subject);

    async function three() {
      const [ana, bob, eve] = [await phone('Ana'), await phone('Bob'), await phone('Eve')];
      return { ana, bob, eve, session: await linked(ana) };
    }

    function groupsOf({ run }: ConformanceSession): GroupCalls {
      if (!run.groups) throw new Error('this engine says that it knows groups');
      return run.groups;
    }

    const identityOf = ({ phoneNumber, lid }: Phone) => ({ phoneNumber, lid });
    const rolesIn = ({ participants }: EngineGroup) =>
      new Map(participants.map(({ identity, role }) => [identity.lid ?? '', role]));

    describe.each(['lid', 'pn'])('addressed by %s', (addressing) => {
      test('hear what a session writes, each member of it, and who received and read it is told by name', async () => {
        const { ana, bob, eve, session } = await three();
        await using _ = session;
        const group = await ana.foundGroup('Team', [bob, eve], { addressing });
        for (const words of ['um', 'dois']) {
          const message = to(group.id, text(words));
          expect(await session.send(message)).toMatchObject({ ok: true });
          const waId = session.idOf(message);
          for (const one of [ana, bob, eve]) await one.showsId(waId, (shown) => shown.text === words);
          if (lacks('group_receipts')) continue;
          for (const one of [bob, eve]) {
            await session.event('receipt', ({ receipt }) => {
              return receipt.waIds.includes(waId) && receipt.by?.lid === one.lid && receipt.by.phoneNumber !== null;
            });
          }
        }
        if (lacks('group_receipts')) return;
        await eve.screen(true);
        await session.event('receipt', ({ receipt }) => receipt.status === 'read' && receipt.by?.lid === eve.lid);
      });

      test('are heard by a session, with who wrote by number and LID', async () => {
        const { ana, bob, session } = await three();
        await using _ = session;
        const group = await bob.foundGroup('Team', [ana], { addressing });
        const waId = await bob.write(group.id, 'oi pessoal', { mentions: [ana.phoneNumber] });
        const message = await session.messageOf(waId);
        expect(message).toMatchObject({
          chat: { kind: 'group', jid: group.id },
          sender: identityOf(bob),
          fromMe: false,
          pushName: 'Bob',
          content: { type: 'text', text: 'oi pessoal', mentions: [expect.any(String)] },
        });
        const own = await session.messageOf(await ana.write(group.id, 'from my phone'));
        expect(own).toMatchObject({ fromMe: true, chat: { kind: 'group', jid: group.id }, sender: identityOf(ana) });
      });
    });

    test('carry reactions, votes and what an admin takes back', async () => {
      const { ana, bob, eve, session } = await three();
      await using _ = session;
      const group = await ana.foundGroup('Team', [bob, eve]);
      const his: MessageKey = {
        waId: await bob.write(group.id, 'to be judged'),
        chat: group.id,
        sender: bob.lid,
        fromMe: false,
      };
      await session.messageOf(his.waId);
      await session.send(to(group.id, { type: 'reaction', target: his, emoji: '👎' }));
      await eve.showsId(his.waId, ({ reactions }) => Array.isArray(reactions) && reactions.length === 1);
      const reaction = await eve.write(group.id, { type: 'reaction', messageId: his.waId, emoji: '👍' });
      expect(await session.messageOf(reaction)).toMatchObject({
        sender: { lid: eve.lid },
        content: { type: 'reaction', target: { waId: his.waId, chat: group.id, sender: bob.lid, fromMe: false } },
      });

      const poll = to(group.id, { type: 'poll', question: 'Stay?', options: ['Yes', 'No'], selectable: 1 });
      await session.send(poll);
      const asked = session.idOf(poll);
      await eve.showsId(asked);
      const vote = await eve.write(group.id, { type: 'poll_vote', messageId: asked, options: ['No'] });
      const voted = lacks('votes') ? { type: 'unsupported' } : { type: 'poll_vote', options: ['No'] };
      expect((await session.messageOf(vote)).content).toMatchObject(voted);

      await session.send(to(group.id, { type: 'revoke', target: his }));
      await eve.showsId(his.waId, ({ revoked }) => revoked === true);
    });

    test('may have an admin who takes back what others wrote, and nobody else who does', async () => {
      const { ana, bob, eve, session } = await three();
      await using _ = session;
      const group = await bob.foundGroup('Team', [ana, eve]);
      const hers = await eve.write(group.id, 'written by Eve');
      await session.messageOf(hers);
      await bob.write(group.id, { type: 'revoke', messageId: hers });
      // It comes under an id that not every engine knows.
      const isIt = ({ content }: EngineMessage) => content.type === 'revoke' && content.target.waId === hers;
      const revoke = await session.until(() => [...session.messages.values()].find(isIt), 'that it was taken back');
      expect(revoke.content).toEqual({
        type: 'revoke',
        target: { waId: hers, chat: group.id, sender: eve.lid, fromMe: false },
      });
    });

    test('are listed and described as they are', async () => {
      const { ana, bob, eve, session } = await three();
      await using _ = session;
      const group = await bob.foundGroup('Football', [ana, eve]);
      await bob.setGroup(group, { description: 'Sundays', announce: true, ephemeral: 86_400 });
      const expected = {
        jid: group.id,
        subject: 'Football',
        description: 'Sundays',
        owner: identityOf(bob),
        announce: true,
        locked: false,
        ephemeralSeconds: lacks('group_timer') ? 0 : 86_400,
      };
      const found = await groupsOf(session).get(group.id);
      expect(found).toMatchObject(expected);
      expect(Math.abs((found.createdAt ?? 0) - Date.now())).toBeLessThan(60_000);
      expect(rolesIn(found)).toEqual(
        new Map([
          [bob.lid, 'owner'],
          [ana.lid, 'member'],
          [eve.lid, 'member'],
        ]),
      );
      expect(found.participants.every(({ identity }) => identity.phoneNumber !== null)).toBe(true);
      const all = await groupsOf(session).list();
      expect(all.map(({ jid }) => jid)).toEqual([group.id]);
      expect(all[0]).toMatchObject(expected);
    });

    test('are made, named, described and set by a session', async () => {
      const { ana, bob, session } = await three();
      await using _ = session;
      const groups = groupsOf(session);
      const { jid } = await groups.create('Nova', [bob.lid]);
      await groups.rename(jid, 'Novíssima');
      await groups.describe(jid, 'o que é');
      await groups.configure(jid, { announce: true, locked: true });
      expect(await groups.get(jid)).toMatchObject({
        subject: 'Novíssima',
        description: 'o que é',
        announce: true,
        locked: true,
        owner: identityOf(ana),
      });
      if (lacks('undescribe')) await expect(groups.describe(jid, null)).rejects.toThrow();
      else await groups.describe(jid, null);
      await groups.configure(jid, { announce: false });
      const description = lacks('undescribe') ? 'o que é' : null;
      expect(await groups.get(jid)).toMatchObject({ description, announce: false, locked: true });
    });

    test('change their people by a session, which hears what became of each', async () => {
      const { ana, bob, eve, session } = await three();
      await using _ = session;
      const group = await ana.foundGroup('Team', [bob]);
      const groups = groupsOf(session);
      expect(await groups.change(group.id, 'add', [eve.lid, bob.lid])).toEqual([
        { jid: eve.lid, code: 200 },
        { jid: bob.lid, code: 409 },
      ]);
      await groups.change(group.id, 'promote', [eve.lid]);
      expect(rolesIn(await groups.get(group.id)).get(eve.lid)).toBe('admin');
      await groups.change(group.id, 'demote', [eve.lid]);
      await groups.change(group.id, 'remove', [bob.lid]);
      expect(rolesIn(await groups.get(group.id))).toEqual(
        new Map([
          [ana.lid, 'owner'],
          [eve.lid, 'member'],
        ]),
      );
    });

    test('are joined by their code and left, and the code can be changed', async () => {
      const { ana, bob, session } = await three();
      await using _ = session;
      const groups = groupsOf(session);
      const theirs = await bob.foundGroup('Open', []);
      expect(await groups.join(theirs.inviteCode)).toBe(theirs.id);
      await groups.leave(theirs.id);
      await expect(groups.get(theirs.id)).rejects.toBeInstanceOf(EngineRefused);
      const own = await ana.foundGroup('Ours', [bob]);
      const code = await groups.inviteCode(own.id);
      expect(code).toBe(own.inviteCode);
      expect(await groups.revokeInvite(own.id)).not.toBe(code);
      await expect(groups.join(code)).rejects.toMatchObject({
        name: 'EngineRefused',
        code: expect.any(Number) as number,
      });
    });

    test('refuse by number what one may not do', async () => {
      const { ana, bob, session } = await three();
      await using _ = session;
      const group = await bob.foundGroup('Team', [ana]);
      await bob.setGroup(group, { locked: true });
      await expect(groupsOf(session).rename(group.id, 'Mine')).rejects.toMatchObject({
        name: 'EngineRefused',
        code: 403,
      });
    });

    test('tell who came, rose, fell and went, and by whom', async () => {
      const { ana, bob, eve, session } = await three();
      await using _ = session;
      const group = await bob.foundGroup('Team', [ana]);
      await session.event('group', ({ jid, group: now }) => jid === group.id && now?.subject === 'Team');
      const by = lacks('group_numbers') ? { lid: bob.lid } : identityOf(bob);
      for (const action of ['add', 'promote', 'demote', 'remove'] as const) {
        await bob.changeGroup(group, action, [eve]);
        const event = await session.event('participants', (one) => one.action === action);
        expect(event).toMatchObject({ jid: group.id, people: [identityOf(eve)], by });
      }
      await bob.changeGroup(group, 'add', [eve]);
      await eve.changeGroup(group, 'leave', [eve]);
      const left = await session.event('participants', ({ action }) => action === 'leave');
      expect(left).toMatchObject({ jid: group.id, people: [identityOf(eve)] });
    });

    test('tell of their new name and settings, and that one is no longer in them', async () => {
      const { ana, bob, session } = await three();
      await using _ = session;
      const group = await bob.foundGroup('Team', [ana]);
      if (!lacks('group_news')) {
        await bob.setGroup(group, { subject: 'Time' });
        const renamed = await session.event('group', (one) => one.group?.subject === 'Time');
        expect(renamed).toMatchObject({ jid: group.id, by: identityOf(bob), group: { announce: false } });
        await bob.setGroup(group, { announce: true });
        await session.event('group', (one) => one.group?.announce === true && one.group.subject === 'Time');
      }
      await bob.changeGroup(group, 'remove', [ana]);
      expect(await session.event('group', (one) => one.group === null)).toMatchObject({ jid: group.id });
    });

    test('get messages only from who is in them at the time, without a question before each', async () => {
      const { ana, bob, eve, session } = await three();
      await using _ = session;
      const group = await ana.foundGroup('Team', [bob]);
      await session.send(to(group.id, text('before')));
      await ana.changeGroup(group, 'add', [eve]);
      await session.event('participants', ({ action }) => action === 'add');
      const both = to(group.id, text('to both'));
      await session.send(both);
      for (const one of [bob, eve]) await one.showsId(session.idOf(both), (shown) => shown.text === 'to both');
      await ana.changeGroup(group, 'remove', [bob]);
      await session.event('participants', ({ action }) => action === 'remove');
      const one = to(group.id, text('only to Eve'));
      await session.send(one);
      await eve.showsId(session.idOf(one), (shown) => shown.text === 'only to Eve');
      expect((await bob.screen()).some(({ id }) => id === session.idOf(one))).toBe(false);
    });
  });
}
