/**
 * What engines must do that speak WhatsApp's protocol themselves: their keys are in our store, and what they decrypted is in our journal before
 * the receipt leaves.
 */
import { Sandbox } from '@zapfleet/sandbox';
import { describe, expect, test } from 'vitest';
import { ConformanceSession } from './conformance-session.ts';
import { setting, type Subject } from './conformance-setting.ts';

export function describeWire(subject: Subject): void {
  describe(`engine ${subject.title}: the wire`, () => {
    const { phone, session: unlinked, linked, engine, network } = setting(subject);

    test('a phone scans, the credentials are stored, WhatsApp asks for a new connection, it opens', async () => {
      const ana = await phone('Ana');
      await using session = unlinked();
      session.open();
      const { qr, attempt, expiresAt } = await session.event('qr');
      expect(attempt).toBe(1);
      expect(expiresAt - Date.now()).toBeGreaterThan(50_000);
      expect(session.credentials.values.size).toBe(0);
      await ana.scan(qr);
      const { account } = await session.event('paired');
      expect(account).toMatchObject({ phoneNumber: ana.phoneNumber, jid: ana.jid, lid: ana.lid });
      expect(session.credentials.values.size).toBeGreaterThan(0);
      const { ending } = await session.event('closed');
      expect(ending).toMatchObject({ how: 'stream_error', code: 515 });
      expect(session.events.map(({ type }) => type)).toEqual(['qr', 'paired', 'closed']);

      session.open();
      expect((await session.event('open')).account).toMatchObject({ phoneNumber: ana.phoneNumber, lid: ana.lid });
      await session.run.probe();
    });

    describe('messages', () => {
      test('that are written while those of before still come in do not overtake them', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        await session.run.close('disconnect');
        const texts = Array.from({ length: 200 }, (_, index) => `while away ${index}`);
        for (const text of texts) await bob.write(ana, text);
        session.open();
        await session.message('while away 0');
        await bob.write(ana, 'live');
        expect((await session.message('live')).offline).toBe(false);
        const came = session.events.flatMap((event) => (event.type === 'message' ? [event.message.content] : []));
        expect(came.map((content) => content.type === 'text' && content.text)).toEqual([...texts, 'live']);
      });

      test('cross each other between two sessions without one being lost or left undecryptable', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using first = await linked(ana);
        await using second = await linked(bob);
        const numbers = Array.from({ length: 20 }, (_, index) => index);
        const id = (who: string, index: number) => `ZFC${who}${String(index).padStart(15, '0')}`;
        const outcomes = await Promise.all(
          numbers.flatMap((index) => [
            first.send(textTo(bob.jid, id('A', index), `to Bob ${index}`)),
            second.send(textTo(ana.jid, id('B', index), `to Ana ${index}`)),
          ]),
        );
        expect(outcomes.every(({ ok }) => ok)).toBe(true);
        for (const index of numbers) {
          await second.message(`to Bob ${index}`);
          await first.message(`to Ana ${index}`);
        }
        const undecryptable = [...first.log.lines, ...second.log.lines].filter((line) => line.includes('decrypt'));
        expect(undecryptable).toEqual([]);
      });
    });

    describe('after a crash', () => {
      test('between receipt and dispatch a message is told of once', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        const session = await linked(ana);
        session.forgetsMessages = true;
        const journaled = session.credentials.nextJournaled();
        const waId = await bob.write(ana, 'do not lose me');
        await journaled;
        // Stanzas leave in order: what this question follows has reached the server when it is answered.
        await session.run.probe();
        await using reborn = session.afterKill();
        await ana.fault('drop');
        reborn.open();
        expect((await reborn.message('do not lose me')).waId).toBe(waId);
        await reborn.event('open');
        await bob.write(ana, 'and then');
        await reborn.message('and then');
        expect(timesTold(reborn, waId)).toBe(1);
        expect(reborn.redelivered).toEqual([]);
        expect(reborn.credentials.journal.size).toBe(0);
      });

      test('between the commit and the receipt a message is told of once, and gets its receipt', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        const session = await linked(ana);
        session.credentials.diesAt = ({ journal }) => journal !== undefined;
        session.forgetsMessages = true;
        const journaled = session.credentials.nextJournaled();
        const waId = await bob.write(ana, 'deliver me twice');
        await journaled;
        await using reborn = session.afterKill();
        await ana.fault('drop');
        reborn.open();
        await reborn.event('open');
        await bob.write(ana, 'and then');
        await reborn.message('and then');
        expect(timesTold(reborn, waId)).toBe(1);
        expect(reborn.redelivered).toEqual([waId]);
        await receiptsArrived(reborn);
      });

      test('after the event but before the receipt it only gets its receipt', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        const session = await linked(ana);
        session.credentials.diesAt = ({ journal }) => journal !== undefined;
        const waId = await bob.write(ana, 'known already');
        await session.message('known already');
        await using reborn = session.afterKill();
        await ana.fault('drop');
        expect(reborn.credentials.journal.size).toBe(0);
        reborn.open();
        await reborn.event('open');
        await bob.write(ana, 'and then');
        await reborn.message('and then');
        expect(timesTold(reborn, waId)).toBe(0);
        expect(reborn.redelivered).toEqual([waId]);
        await receiptsArrived(reborn);
        expect(reborn.log.lines.filter((line) => line.includes('could not be decrypted'))).toEqual([]);
      });
    });

    describe('an end', () => {
      test.each([
        ['replaced', { how: 'stream_error', conflict: 'replaced' }],
        ['503', { how: 'stream_error', code: 503 }],
        ['515', { how: 'stream_error', code: 515 }],
        ['drop', { how: 'socket' }],
      ])('by the fault %s is told as what it was', async (kind, expected) => {
        const ana = await phone('Ana');
        await using session = await linked(ana);
        await ana.fault(kind);
        expect((await session.event('closed')).ending).toMatchObject(expected);
        session.open();
        await session.event('open');
      });

      test('by a logout over a link that does not answer is unconfirmed, within its limit', async () => {
        const ana = await phone('Ana');
        await using session = await linked(ana);
        await ana.fault('hang');
        expect(await session.run.close('logout')).toEqual({ unlinked: 'unconfirmed' });
        expect((await session.event('closed')).ending.how).toBe('closed');
      });

      test('comes with the cause when nobody listens at the address', async () => {
        await using session = new ConformanceSession(engine(), { ...network(), url: 'ws://127.0.0.1:1/ws/chat' });
        session.open();
        const { ending } = await session.event('closed');
        expect(ending.how).toBe('socket');
        expect(ending.raw).toContain('ECONNREFUSED');
      });

      test('comes as unreadable credentials when the stored ones are damaged', async () => {
        await using session = await linked(await phone('Ana'));
        await session.run.close('disconnect');
        session.credentials.damaged = true;
        session.open();
        expect((await session.event('closed')).ending.how).toBe('credentials_unreadable');
      });

      test('while the database does not answer says nothing against the credentials', async () => {
        await using session = await linked(await phone('Ana'));
        await session.run.close('disconnect');
        session.credentials.away = true;
        session.open();
        expect((await session.event('closed')).ending.how).toBe('socket');
        session.credentials.away = false;
        session.open();
        await session.event('open');
      });
    });

    describe('trust', () => {
      test('a server that cannot prove the root of the session is refused by name, before anything is told to it', async () => {
        const foreign = await Sandbox.create();
        try {
          await using session = new ConformanceSession(engine(), { url: foreign.url, rootKey: network().rootKey });
          session.open();
          expect((await session.event('closed')).ending.how).toBe('untrusted_server');
          expect(session.events.map(({ type }) => type)).toEqual(['closed']);
        } finally {
          await foreign.close();
        }
      });

      test("with WhatsApp's genuine root the sandbox is refused", async () => {
        await using session = new ConformanceSession(engine(), { ...network(), rootKey: null });
        session.open();
        expect((await session.event('closed')).ending.how).toBe('untrusted_server');
      });

      test('sessions of different roots live beside each other', async () => {
        const other = await Sandbox.create();
        try {
          const there = { url: other.url, rootKey: Buffer.from(other.rootKey, 'hex') };
          await using here = unlinked();
          await using away = new ConformanceSession(engine(), there);
          here.open();
          away.open();
          await Promise.all([here.event('qr'), away.event('qr')]);
        } finally {
          await other.close();
        }
      });
    });
  });
}

function textTo(to: string, waId: string, text: string) {
  return { waId, to, content: { type: 'text', text, mentions: [] }, quoted: null } as const;
}

/** Opens it once more: what the server has no receipt of would come again. */
async function receiptsArrived(session: ConformanceSession): Promise<void> {
  await session.run.close('disconnect');
  session.redelivered.length = 0;
  session.open();
  await session.event('open');
  await session.run.probe();
  expect(session.redelivered).toEqual([]);
}

function timesTold({ events }: ConformanceSession, waId: string): number {
  return events.filter((event) => event.type === 'message' && event.message.waId === waId).length;
}
