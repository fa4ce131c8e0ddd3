/** What people do beside writing: they call, type, come online; and what WhatsApp does to an account that writes too much. */
import { describe, expect, test } from 'vitest';
import type { Capability, Engine, EngineCall } from '../ports/engine.ts';
import { setting, text, to } from './conformance-setting.ts';

export function describePeople(engine: Engine): void {
  const can = (...needed: Capability[]) => test.runIf(needed.every((one) => engine.capabilities.has(one)));

  describe(`engine ${engine.name}: people`, () => {
    const { phone, linked } = setting(engine);

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

      test('while the session is away are told of when it is back', async () => {
        const { ana, bob, session } = await pair();
        await using _ = session;
        await session.run.close('disconnect');
        await bob.endCall(await bob.call(ana), 'timeout');
        session.open();
        await session.event('call', ({ call }) => call.status === 'missed');
      });
    });

    describe('whom WhatsApp restricts', () => {
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
