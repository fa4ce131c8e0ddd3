/** What people do beside writing: they call, type, come online; and what WhatsApp does to an account that writes too much. */
import { describe, expect, test } from 'vitest';
import type { Capability, EngineCall } from '../ports/engine.ts';
import { file } from './conformance-media.ts';
import type { ConformanceSession } from './conformance-session.ts';
import { type Lack, setting, text, to, type Subject } from './conformance-setting.ts';

export function describePeople(subject: Subject): void {
  const can = (...needed: Capability[]) => test.runIf(needed.every((one) => subject.capabilities.has(one)));
  const unless = (lack: Lack) => (subject.lacks?.has(lack) === true ? describe.skip : describe);

  describe(`engine ${subject.title}: people`, () => {
    const { phone, linked } = setting(subject);

    async function pair() {
      const [ana, bob] = [await phone('Ana'), await phone('Bob')];
      return { ana, bob, session: await linked(ana) };
    }

    describe('who call', () => {
      test('are told of when it rings, and what became of it', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        const of = (id: string, status: EngineCall['status']) =>
          session.event('call', ({ call }) => call.id === id && call.status === status);
        const missed = await bob.call(ana, true);
        const { call } = await of(missed, 'ringing');
        expect(call).toMatchObject({
          from: { phoneNumber: bob.phoneNumber, lid: bob.lid },
          groupJid: null,
          video: true,
        });
        expect(Math.abs(call.at - Date.now())).toBeLessThan(60_000);
        await bob.endCall(missed, 'timeout');
        expect((await of(missed, 'missed')).call).toMatchObject({ video: true, from: { lid: bob.lid } });
        const given = await bob.call(ana);
        expect((await of(given, 'ringing')).call.video).toBe(false);
        await bob.endCall(given, 'hangup');
        await of(given, 'missed');
      });

      test('a group are told of with the group', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        const group = await bob.foundGroup('Team', [ana]);
        const id = await bob.call(group);
        const { call } = await session.event('call', (event) => event.call.id === id);
        expect(call).toMatchObject({ status: 'ringing', groupJid: group.id, from: { lid: bob.lid } });
      });

      // What its server hears meanwhile is told to nobody.
      test.skipIf(subject.staysOnline)('while the session is away are told of when it is back', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        await session.run.close('disconnect');
        await bob.endCall(await bob.call(ana), 'timeout');
        session.open();
        await session.event('call', ({ call }) => call.status === 'missed');
      });
    });

    describe('who come and go', () => {
      const presence = ({ run }: ConformanceSession) => {
        if (!run.presence) throw new Error('this engine says that it knows presence');
        return run.presence;
      };

      can('presence')('are told of where they were asked for, and nobody else is', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        const eve = await phone('Eve');
        await presence(session).show(true);
        await presence(session).subscribe(bob.lid);
        await bob.be('available');
        const here = await session.event('presence', (event) => event.presence.state === 'available');
        expect(here.presence).toMatchObject({ chat: { kind: 'person' }, by: { lid: bob.lid }, lastSeenAt: null });
        await eve.be('composing', ana);
        for (const state of ['composing', 'recording', 'paused'] as const) {
          await bob.be(state, ana);
          const told = await session.event('presence', (event) => event.presence.state === state);
          expect(told.presence.by.lid).toBe(bob.lid);
        }
        await bob.be('unavailable');
        const gone = await session.event(
          'presence',
          (event) => event.presence.state === 'unavailable' && event.presence.lastSeenAt !== null,
        );
        expect(Math.abs((gone.presence.lastSeenAt ?? 0) - Date.now())).toBeLessThan(60_000);
        const others = session.events.filter((event) => event.type === 'presence' && event.presence.by.lid === eve.lid);
        expect(others).toEqual([]);
      });

      can('presence')('in a group are told of with the group, where it was asked for', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        const group = await bob.foundGroup('Team', [ana]);
        await presence(session).show(true);
        await presence(session).subscribe(group.id);
        await bob.be('composing', group);
        const { presence: told } = await session.event('presence', (event) => event.presence.chat.kind === 'group');
        expect(told).toMatchObject({
          chat: { kind: 'group', jid: group.id },
          by: { lid: bob.lid },
          state: 'composing',
        });
      });

      can('presence')('see the session as online only while it shows itself', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        await ana.write(bob, 'hello');
        expect((await bob.notices(ana))?.online).toBe(false);
        await presence(session).show(true);
        await expect.poll(async () => (await bob.notices(ana))?.online).toBe(true);
        await presence(session).show(false);
        await expect.poll(async () => (await bob.notices(ana))?.online).toBe(false);
        const waId = await bob.write(ana, 'still delivered');
        await bob.showsId(waId, ({ status }) => status === 'delivered');
      });

      can('typing')('see the session type, record and stop', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        for (const state of ['composing', 'recording', 'paused'] as const) await presence(session).type(bob.lid, state);
        // That one is over may be said twice.
        const seen = async () =>
          (await bob.notices(ana))?.typing.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);
        await expect.poll(seen).toEqual(['composing', 'recording', 'paused']);
      });
    });

    unless('audiences')('who write to many', () => {
      test('are told of by where they wrote: the status, a list, a newsletter', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        await bob.write(ana, 'we know each other');
        await session.message('we know each other');
        const status = await session.messageOf(await bob.write('status@broadcast', 'my day'));
        expect(status).toMatchObject({
          chat: { kind: 'status' },
          sender: { lid: bob.lid },
          content: { text: 'my day' },
        });
        const newsletter = await bob.foundNewsletter('News', [ana]);
        await bob.publish(newsletter, 'hear, hear');
        const news = await session.message('hear, hear');
        expect(news.chat).toEqual({ kind: 'newsletter', jid: newsletter });
      });
    });

    can('voice')('who listen to a voice message are told of as having played it', async () => {
      const { bob, session } = await pair();
      await using _ = session;
      const message = to(bob.lid, { type: 'voice', media: file(Buffer.from('x')), caption: null, mentions: [] });
      await session.send(message);
      await bob.showsId(session.idOf(message));
      await bob.listens();
      const { receipt } = await session.event('receipt', (event) => event.receipt.status === 'played');
      expect(receipt.waIds).toEqual([session.idOf(message)]);
      expect(
        [receipt.by?.lid, receipt.by?.phoneNumber].some((name) => [bob.lid, bob.phoneNumber].includes(name ?? '')),
      ).toBe(true);
    });

    unless('restrictions')('whom WhatsApp restricts', () => {
      const inOneHour = () => Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;

      test('are told until when they open no new chats, and that it is over', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        const until = inOneHour();
        await ana.restrict({ kind: 'reachout_lock', until: new Date(until).toISOString() });
        expect(await session.event('restriction')).toMatchObject({ scope: 'new_chats', until });
        expect(await session.send(to(bob.lid, text('oi')))).toMatchObject({ ok: false, code: 'restricted' });
        await bob.write(ana, 'you may answer');
        await session.message('you may answer');
        expect(await session.send(to(bob.lid, text('I do')))).toMatchObject({ ok: true });
        await ana.restrict(null);
        await session.event('restriction', (event) => event.until !== null && event.until <= Date.now());
      });

      test('hear it also from a message that was refused', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        await session.run.close('disconnect');
        const until = inOneHour();
        await ana.restrict({ kind: 'reachout_lock', until: new Date(until).toISOString() });
        session.open();
        await session.event('open');
        session.events.length = 0;
        expect(await session.send(to(bob.lid, text('oi')))).toMatchObject({ ok: false, code: 'restricted' });
        await session.event('restriction', (event) => event.until === until);
      });

      test('are told that their quota of new chats is used up', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        const until = inOneHour();
        await ana.restrict({ kind: 'capping', until: new Date(until).toISOString(), status: 'CAPPED' });
        expect(await session.event('restriction')).toMatchObject({ scope: 'new_chats', until });
        expect(await session.send(to(bob.lid, text('oi')))).toMatchObject({ ok: false, code: 'restricted' });
      });
    });

    can('own_message_id')('what is sent twice under one id shows once', async () => {
      const { bob, session } = await pair();
      await using _ = session;
      const message = to(bob.lid, text('once'));
      await session.send(message);
      await bob.showsId(message.waId);
      expect(await session.send(message)).toMatchObject({ ok: true });
      const after = to(bob.lid, text('after'));
      await session.send(after);
      await bob.showsId(after.waId);
      expect((await bob.screen()).filter(({ id }) => id === message.waId)).toHaveLength(1);
    });
  });
}
