/** A session with a proxy goes by it for everything, and without it nowhere. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { file, wholeOf } from './conformance-media.ts';
import { ConformanceSession } from './conformance-session.ts';
import { setting, text, to, type Subject } from './conformance-setting.ts';
import { CountingDoor, type ProxyKind, TestProxy } from './proxy.fixture.ts';

const kinds: ProxyKind[] = ['http', 'socks5'];

export function describeProxy(subject: Subject): void {
  const suite = subject.capabilities.has('proxy') ? describe : describe.skip;

  suite(`engine ${subject.title}: a proxy`, () => {
    const { phone, sandbox, network, engine } = setting(subject);

    /** The network as it is reached through a door that counts; media hosts are told as they are reached. */
    async function counted() {
      const door = await CountingDoor.before(sandbox().controlUrl);
      return { door, network: { ...network(), url: `ws://127.0.0.1:${door.port}/ws/chat` } };
    }

    for (const kind of kinds) {
      test(`(${kind}) carries linking, messages and files both ways, and nothing goes beside it`, async () => {
        await using proxy = await TestProxy.open(kind);
        const { door, network: there } = await counted();
        await using _ = door;
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = new ConformanceSession(engine(), there);
        session.open({ proxy: proxy.address });
        await ana.scan((await session.event('qr')).qr);
        await session.event('closed');
        session.open({ proxy: proxy.address });
        await session.event('open');
        const bytes = randomBytes(40_000);
        const picture = to(bob.lid, { type: 'image', media: file(bytes), caption: null, mentions: [] });
        expect(await session.send(picture)).toMatchObject({ ok: true });
        await bob.showsId(picture.waId, ({ media }) => media !== undefined && 'verdict' in (media as object));
        const waId = await bob.write(ana, { type: 'image', media: { base64: bytes.toString('base64') } });
        const { content } = await session.messageOf(waId);
        if (!('media' in content) || !session.run.media) throw new Error('no file');
        const stream = await session.run.media.download(content.media.ref, AbortSignal.timeout(10_000));
        expect((await wholeOf(stream)).equals(bytes)).toBe(true);
        expect(new Set(proxy.destinations)).toEqual(new Set([`127.0.0.1:${door.port}`]));
        expect(door.visits).toBe(proxy.destinations.length);
        // Two logins, and at least one connection for files.
        expect(door.visits).toBeGreaterThanOrEqual(3);
      });

      test(`(${kind}) that is down ends the run with its name, and nothing reaches the network`, async () => {
        await using proxy = await TestProxy.open(kind);
        const { door, network: there } = await counted();
        await using _ = door;
        await proxy.close();
        await using session = new ConformanceSession(engine(), there);
        session.open({ proxy: proxy.address });
        const { ending } = await session.event('closed');
        expect(ending).toMatchObject({ how: 'socket', raw: expect.stringContaining('proxy') as string });
        expect(door.visits).toBe(0);
      });

      test(`(${kind}) that refuses the password ends the run, and nothing reaches the network`, async () => {
        await using proxy = await TestProxy.open(kind);
        const { door, network: there } = await counted();
        await using _ = door;
        await using session = new ConformanceSession(engine(), there);
        session.open({ proxy: { ...proxy.address, credentials: { user: 'ana', password: 'wrong' } } });
        expect((await session.event('closed')).ending.how).toBe('socket');
        expect(proxy.refusals).toBeGreaterThan(0);
        expect(door.visits).toBe(0);
        expect(session.log.lines.join('\n')).not.toContain('wrong');
      });

      test(`(${kind}) that goes down while files wait takes them nowhere else`, async () => {
        await using proxy = await TestProxy.open(kind);
        const { door, network: there } = await counted();
        await using _ = door;
        const [ana, bob] = [await phone('Ana'), await phone('Bob')];
        await using session = new ConformanceSession(engine(), there);
        session.open({ proxy: proxy.address });
        await ana.scan((await session.event('qr')).qr);
        await session.event('closed');
        session.open({ proxy: proxy.address });
        await session.event('open');
        const waId = await bob.write(ana, { type: 'image', media: { base64: 'QUFB' } });
        const { content } = await session.messageOf(waId);
        await proxy.close();
        await session.event('closed');
        const before = door.visits;
        if (!('media' in content)) throw new Error('no file');
        const { media } = session.run;
        await expect(media?.download(content.media.ref, AbortSignal.timeout(5_000))).rejects.toThrow();
        const picture = to(bob.lid, { type: 'image', media: file(randomBytes(9)), caption: null, mentions: [] });
        await expect(session.send(picture)).rejects.toThrow();
        expect(door.visits).toBe(before);
        await proxy.listen();
        session.open({ proxy: proxy.address });
        await session.event('open');
        expect(await session.send(to(bob.lid, text('back')))).toMatchObject({ ok: true });
      });
    }

    test('that may not be reached is not reached', async () => {
      await using proxy = await TestProxy.open('http');
      const { door, network: there } = await counted();
      await using _ = door;
      await using session = new ConformanceSession(engine(), there);
      const addresses = () => Promise.reject(new Error('this host leads to a loopback address'));
      session.open({ proxy: { ...proxy.address, addresses } });
      const { ending } = await session.event('closed');
      expect(ending.raw).toContain('loopback');
      expect([door.visits, proxy.destinations.length, proxy.refusals]).toEqual([0, 0, 0]);
    });
  });
}
