/** What every engine must do, whatever library or server carries it. Runs against a sandbox network of its own. */
import { describe, expect, test } from 'vitest';
import type { Capability, EngineReceipt } from '../ports/engine.ts';
import { setting, type Subject, text, to } from './conformance-setting.ts';

export function describeEngine(subject: Subject): void {
  const can = (...needed: Capability[]) => test.runIf(needed.every((one) => subject.capabilities.has(one)));

  describe(`engine ${subject.title}`, () => {
    const { phone, linked, engine, session: unlinked } = setting(subject);

    test('stands here, and says what it can do', async () => {
      expect(await engine().standing()).toMatchObject({ usable: true });
      expect([...engine().capabilities]).toEqual([...subject.capabilities]);
    });

    describe('linking', () => {
      test('by QR code: the phone scans, is told of by name, and the session comes online', async () => {
        const ana = await phone('Ana');
        await using session = unlinked();
        session.open();
        const { qr, attempt, expiresAt } = await session.event('qr');
        expect(attempt).toBe(1);
        expect(expiresAt).toBeGreaterThan(Date.now());
        await ana.scan(qr);
        const { account } = await session.event('paired');
        expect(account).toMatchObject({ phoneNumber: ana.phoneNumber, jid: ana.jid });
        expect((await session.online()).account).toMatchObject({ phoneNumber: ana.phoneNumber, jid: ana.jid });
        await session.run.probe();
      });

      can('pairing_code')('by a code that is typed on the phone', async () => {
        const ana = await phone('Ana');
        await using session = unlinked();
        session.open();
        await session.event('qr');
        const { code, expiresAt } = await session.run.requestPairingCode(ana.phoneNumber);
        expect(code).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
        expect(expiresAt).toBeGreaterThan(Date.now());
        await ana.typeLinkCode(code);
        await session.event('paired');
        expect((await session.online()).account.phoneNumber).toBe(ana.phoneNumber);
      });

      test('that was given up leaves nothing behind, and no code can be asked for', async () => {
        const ana = await phone('Ana');
        await using session = unlinked();
        session.open();
        await session.event('qr');
        if (subject.capabilities.has('pairing_code')) await session.run.requestPairingCode(ana.phoneNumber);
        expect(await session.run.close('disconnect')).toEqual({ unlinked: 'not_linked' });
        expect((await session.event('closed')).ending.how).toBe('closed');
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

      test('go out, and their statuses come back', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        const message = to(bob.jid, text('olá Bob'));
        expect(await session.send(message)).toMatchObject({ ok: true });
        expect(await bob.shows((shown) => shown.text === 'olá Bob')).toMatchObject({ id: session.idOf(message) });
        const isAbout = ({ receipt }: { receipt: EngineReceipt }) => receipt.waIds.includes(session.idOf(message));
        const { receipt } = await session.event('receipt', isAbout);
        expect(receipt).toMatchObject({ waIds: [session.idOf(message)], status: 'delivered' });
        await bob.screen(true);
        await session.event('receipt', (event) => isAbout(event) && event.receipt.status === 'read');
      });

      can('own_message_id')('go out under the id that was chosen', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        const message = to(bob.jid, text('named'));
        await session.send(message);
        expect((await bob.shows((shown) => shown.text === 'named')).id).toBe(message.waId);
      });

      test('go out to a LID as well', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        expect(await session.send(to(bob.lid, text('by LID')))).toMatchObject({ ok: true });
        await bob.shows((shown) => shown.text === 'by LID');
      });

      can('quote', 'mention')('quote and mention in both directions', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        const first = await bob.write(ana, 'a question');
        await session.message('a question');
        const answer = to(bob.jid, text('an answer', [bob.jid]), {
          quoted: { waId: first, chat: bob.jid, sender: bob.jid, fromMe: false, text: 'a question' },
        });
        await session.send(answer);
        expect(await bob.shows((shown) => shown.text === 'an answer')).toMatchObject({ quotedId: first });
        await bob.write(ana, 'thanks', { quotedId: session.idOf(answer), mentions: [ana.phoneNumber] });
        const thanks = await session.message('thanks');
        expect(thanks.quotedWaId).toBe(session.idOf(answer));
        expect(thanks.content).toMatchObject({ mentions: [expect.stringMatching(/^\d+@(lid|s\.whatsapp\.net)$/)] });
      });

      test('that the phone itself sends come in as ours, in the chat they went to', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        const waId = await ana.write(bob, 'from my phone');
        const message = await session.message('from my phone');
        expect(message).toMatchObject({
          waId,
          fromMe: true,
          chat: { kind: 'person', identity: { phoneNumber: bob.phoneNumber, lid: bob.lid } },
          sender: { phoneNumber: ana.phoneNumber },
        });
        expect([ana.lid, null]).toContain(message.sender.lid);
      });

      can('read_receipts')('that are marked as read show as read to who wrote them', async () => {
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
        if (!subject.staysOnline) expect(last.offline).toBe(true);
        expect(session.events.some(({ type }) => type === 'qr')).toBe(false);
        const came = session.events.flatMap((event) => (event.type === 'message' ? [event.message.content] : []));
        expect(came.map((content) => content.type === 'text' && content.text)).toEqual(texts);
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

      test('by a logout is confirmed by WhatsApp, and the device is gone from the phone', async () => {
        const ana = await phone('Ana');
        await using session = await linked(ana);
        expect(await ana.devices()).toBe(1);
        expect(await session.run.close('logout')).toEqual({ unlinked: 'confirmed' });
        expect(await ana.devices()).toBe(0);
      });

      test('rejects what is still waited for, and nothing is told after it', async () => {
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = await linked(ana);
        await ana.fault('hang');
        const send = session.send(to(bob.jid, text('into the void')));
        const rejected = expect(send).rejects.toThrow();
        const twice = await Promise.all([session.run.close('disconnect'), session.run.close('disconnect')]);
        expect(twice).toEqual([{ unlinked: 'not_linked' }, { unlinked: 'not_linked' }]);
        await rejected;
        expect(session.events.at(-1)?.type).toBe('closed');
        expect(session.events.filter(({ type }) => type === 'closed')).toHaveLength(1);
        await expect(session.run.probe()).rejects.toThrow();
      });
    });

    can('number_lookup')('a number is looked up: who has it, or that nobody does', async () => {
      const [ana, bob] = [await phone('Ana'), await phone('Bob')];
      await using session = await linked(ana);
      const found = await session.run.lookUp(bob.phoneNumber);
      expect(found).toMatchObject({ exists: true, jid: bob.jid });
      expect([bob.lid, null]).toContain(found.lid);
      expect(await session.run.lookUp('5511900000000')).toEqual({ exists: false, jid: null, lid: null });
    });
  });
}
