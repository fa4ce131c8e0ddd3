/** What every engine must do, whatever library carries it. Runs against a sandbox network of its own. */
import { Sandbox } from '@zapfleet/sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, Network } from '../ports/engine.ts';
import { Phone } from './conformance-phone.ts';
import { ConformanceSession } from './conformance-session.ts';

export function describeEngine(engine: Engine): void {
  describe(`engine ${engine.name}`, () => {
    let sandbox: Sandbox;
    let network: Network;
    beforeAll(async () => {
      sandbox = await Sandbox.create();
      network = { url: sandbox.url, rootKey: Buffer.from(sandbox.rootKey, 'hex') };
    });
    afterAll(() => sandbox.close());

    const phone = (name: string) => Phone.create(sandbox, name);

    async function linked(owner: Phone): Promise<ConformanceSession> {
      const session = new ConformanceSession(engine, network);
      session.open();
      await owner.scan((await session.event('qr')).qr);
      await session.event('closed');
      session.open();
      await session.event('open');
      // What a phone shares with a new device would come in between otherwise.
      if (engine.capabilities.has('history')) await session.event('history', ({ journalKey }) => journalKey !== null);
      return session;
    }

    describe('linking', () => {
      test('by QR code: the phone scans, the credentials are stored, WhatsApp asks for a new connection, it opens', async () => {
        const ana = await phone('Ana');
        await using session = new ConformanceSession(engine, network);
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

      test('by a code that is typed on the phone', async () => {
        const ana = await phone('Ana');
        await using session = new ConformanceSession(engine, network);
        session.open();
        await session.event('qr');
        const { code, expiresAt } = await session.run.requestPairingCode(ana.phoneNumber);
        expect(code).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
        expect(expiresAt).toBeGreaterThan(Date.now());
        await ana.typeLinkCode(code);
        await session.event('paired');
        await session.event('closed');
        session.open();
        expect((await session.event('open')).account.phoneNumber).toBe(ana.phoneNumber);
      });

      test('that was given up leaves nothing behind, and no code can be asked for', async () => {
        const ana = await phone('Ana');
        await using session = new ConformanceSession(engine, network);
        session.open();
        await session.event('qr');
        await session.run.requestPairingCode(ana.phoneNumber);
        expect(await session.run.close('disconnect')).toEqual({ unlinked: 'not_linked' });
        expect((await session.event('closed')).ending.how).toBe('closed');
        expect(session.credentials.values.size).toBe(0);
        await expect(session.run.requestPairingCode(ana.phoneNumber)).rejects.toThrow();
        session.open();
        expect((await session.event('qr')).attempt).toBe(1);
      });

      test('tells the name of the account when it arrives', async () => {
        await using session = await linked(await phone('Ana Maria'));
        const named = await session.until(
          () =>
            session.events.find(
              (event) => (event.type === 'account' || event.type === 'open') && event.account.pushName === 'Ana Maria',
            ),
          'the name',
        );
        expect(named).toBeDefined();
      });
    });

    describe('messages', () => {
      test('come in with who wrote them by number and LID, and the sender sees that they were delivered', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        const waId = await bob.write(ana, 'oi Ana');
        const message = await session.message('oi Ana');
        const identity = { phoneNumber: bob.phoneNumber, lid: bob.lid };
        expect(message).toMatchObject({
          waId,
          chat: { kind: 'person', identity },
          sender: identity,
          fromMe: false,
          pushName: 'Bob',
          content: { type: 'text', text: 'oi Ana', mentions: [] },
          quotedWaId: null,
          offline: false,
        });
        expect(Math.abs(message.timestamp - Date.now())).toBeLessThan(60_000);
        await bob.shows(({ id, status }) => id === waId && status === 'delivered');
        expect(session.credentials.journal.size).toBe(0);
      });

      test('go out under the id that was chosen, and their statuses come back', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        const outcome = await session.run.send(textTo(bob.jid, 'ZF0000000000000000A1', 'olá Bob'));
        expect(outcome).toMatchObject({ ok: true });
        expect(await bob.shows(({ text }) => text === 'olá Bob')).toMatchObject({ id: 'ZF0000000000000000A1' });
        const delivered = await session.event('receipt');
        expect(delivered.receipt).toMatchObject({
          waIds: ['ZF0000000000000000A1'],
          status: 'delivered',
          by: { phoneNumber: bob.phoneNumber, lid: bob.lid },
        });
        await bob.screen(true);
        await session.event('receipt', ({ receipt }) => receipt.status === 'read');
      });

      test('go out to a LID as well', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        expect(await session.run.send(textTo(bob.lid, 'ZF0000000000000000A2', 'by LID'))).toMatchObject({ ok: true });
        await bob.shows(({ text }) => text === 'by LID');
      });

      test('quote and mention in both directions', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        const first = await bob.write(ana, 'a question');
        await session.message('a question');
        await session.run.send({
          ...textTo(bob.jid, 'ZF0000000000000000A3', 'an answer'),
          content: { type: 'text', text: 'an answer', mentions: [bob.jid] },
          quoted: { waId: first, chat: bob.jid, sender: bob.jid, fromMe: false, text: 'a question' },
        });
        expect(await bob.shows(({ text }) => text === 'an answer')).toMatchObject({ quotedId: first });
        await bob.write(ana, 'thanks', { quotedId: 'ZF0000000000000000A3', mentions: [ana.phoneNumber] });
        const thanks = await session.message('thanks');
        expect(thanks.quotedWaId).toBe('ZF0000000000000000A3');
        expect(thanks.content).toMatchObject({ mentions: [expect.stringMatching(/^\d+@(lid|s\.whatsapp\.net)$/)] });
      });

      test('that the phone itself sends come in as ours, in the chat they went to', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        const waId = await ana.write(bob, 'from my phone');
        expect(await session.message('from my phone')).toMatchObject({
          waId,
          fromMe: true,
          chat: { kind: 'person', identity: { phoneNumber: bob.phoneNumber, lid: bob.lid } },
          sender: { phoneNumber: ana.phoneNumber, lid: ana.lid },
        });
      });

      test('that are marked as read show as read to who wrote them', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        const waId = await bob.write(ana, 'look at me');
        await session.message('look at me');
        await session.run.markRead([{ waId, chat: bob.jid, sender: bob.jid }]);
        await bob.shows(({ id, status }) => id === waId && status === 'read');
      });

      test('that waited on the server come in order after a restart without a new link, marked as such', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        await session.run.close('disconnect');
        const texts = Array.from({ length: 12 }, (_, index) => `while away ${index}`);
        for (const text of texts) await bob.write(ana, text);
        session.open();
        const last = await session.message('while away 11');
        expect(last.offline).toBe(true);
        expect(session.events.some(({ type }) => type === 'qr')).toBe(false);
        const came = session.events.flatMap((event) => (event.type === 'message' ? [event.message.content] : []));
        expect(came.map((content) => content.type === 'text' && content.text)).toEqual(texts);
      });

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
            first.run.send(textTo(bob.jid, id('A', index), `to Bob ${index}`)),
            second.run.send(textTo(ana.jid, id('B', index), `to Ana ${index}`)),
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
      test('by the phone is an unlink, with the conflict that says so', async () => {
        const ana = await phone('Ana');
        await using session = await linked(ana);
        await ana.unlinkAll();
        const { ending } = await session.event('closed');
        expect(ending).toMatchObject({ how: 'stream_error', code: 401, conflict: 'device_removed' });
      });

      test('that came while the session was away shows at the next login', async () => {
        const ana = await phone('Ana');
        await using session = await linked(ana);
        await session.run.close('disconnect');
        await ana.unlinkAll();
        session.open();
        expect((await session.event('closed')).ending).toMatchObject({ how: 'login_refused', code: 401 });
      });

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

      test('by a logout is confirmed by WhatsApp, and the device is gone from the phone', async () => {
        const ana = await phone('Ana');
        await using session = await linked(ana);
        expect(await ana.devices()).toBe(1);
        expect(await session.run.close('logout')).toEqual({ unlinked: 'confirmed' });
        expect(await ana.devices()).toBe(0);
      });

      test('by a logout over a link that does not answer is unconfirmed, within its limit', async () => {
        const ana = await phone('Ana');
        await using session = await linked(ana);
        await ana.fault('hang');
        expect(await session.run.close('logout')).toEqual({ unlinked: 'unconfirmed' });
        expect((await session.event('closed')).ending.how).toBe('closed');
      });

      test('rejects what is still waited for, and nothing is told after it', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        await ana.fault('hang');
        const send = session.run.send(textTo(bob.jid, 'ZF0000000000000000A9', 'into the void'));
        const rejected = expect(send).rejects.toThrow();
        const twice = await Promise.all([session.run.close('disconnect'), session.run.close('disconnect')]);
        expect(twice).toEqual([{ unlinked: 'not_linked' }, { unlinked: 'not_linked' }]);
        await rejected;
        expect(session.events.at(-1)?.type).toBe('closed');
        expect(session.events.filter(({ type }) => type === 'closed')).toHaveLength(1);
        await expect(session.run.probe()).rejects.toThrow();
      });

      test('comes with the cause when nobody listens at the address', async () => {
        await using session = new ConformanceSession(engine, { ...network, url: 'ws://127.0.0.1:1/ws/chat' });
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
          await using session = new ConformanceSession(engine, { url: foreign.url, rootKey: network.rootKey });
          session.open();
          expect((await session.event('closed')).ending.how).toBe('untrusted_server');
          expect(session.events.map(({ type }) => type)).toEqual(['closed']);
        } finally {
          await foreign.close();
        }
      });

      test("with WhatsApp's genuine root the sandbox is refused", async () => {
        await using session = new ConformanceSession(engine, { ...network, rootKey: null });
        session.open();
        expect((await session.event('closed')).ending.how).toBe('untrusted_server');
      });

      test('sessions of different roots live beside each other', async () => {
        const other = await Sandbox.create();
        try {
          const there = { url: other.url, rootKey: Buffer.from(other.rootKey, 'hex') };
          await using here = new ConformanceSession(engine, network);
          await using away = new ConformanceSession(engine, there);
          here.open();
          away.open();
          await Promise.all([here.event('qr'), away.event('qr')]);
        } finally {
          await other.close();
        }
      });
    });

    test('a number is looked up: who has it, or that nobody does', async () => {
      const [ana, bob] = [await phone('Ana'), await phone('Bob')];
      await using session = await linked(ana);
      expect(await session.run.lookUp(bob.phoneNumber)).toEqual({ exists: true, jid: bob.jid, lid: bob.lid });
      expect(await session.run.lookUp('5511900000000')).toEqual({ exists: false, jid: null, lid: null });
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
