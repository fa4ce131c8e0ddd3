/** One fleet that mixes all three engines on one network: who uses it cannot tell which is which. */
import { expect, it } from 'vitest';
import { hasChrome } from './browser.ts';
import { connect } from './client.ts';
import { newPhone, screenOf } from './linking.ts';
import { eventually } from './polling.ts';
import { startSandbox, startServer } from './server.ts';

const ENGINES = ['baileys', 'webjs', 'evolution'] as const;

it.runIf(hasChrome)(
  'links, writes to each other, logs out, is forced out and is deleted whole, whatever carries it',
  {
    timeout: 240_000,
  },
  async () => {
    await using sandbox = await startSandbox();
    const remote = (await (await fetch(`${sandbox.controlUrl}/sandbox/evolution`)).json()) as Record<string, string>;
    const { v2: EVOLUTION_URL = '', apiKey: EVOLUTION_API_KEY = '' } = remote;
    await using server = await startServer({ env: { ...sandbox.env, EVOLUTION_URL, EVOLUTION_API_KEY } });
    const client = connect(server);

    const fleet = await Promise.all(
      ENGINES.map(async (engine) => {
        const { id } = await client.call('createSession', { body: { name: engine, engine, network: 'sandbox' } });
        return { id, engine, phone: await newPhone(client, `Owner of ${engine}`) };
      }),
    );
    type Member = (typeof fleet)[number];
    const all = <T>(work: (member: Member, index: number) => Promise<T>) => Promise.all(fleet.map(work));
    const sessionOf = ({ id }: Member) => client.call('getSession', { params: { id } });
    const devicesOf = async ({ phone }: Member) =>
      (await client.call('getSandboxPhone', { params: { phone } })).devices;
    const link = async (member: Member): Promise<void> => {
      const { id, phone } = member;
      const { qr } = await client.call('getQr', { params: { id }, query: { wait: 60 } });
      await client.call('scanWithSandboxPhone', { params: { phone }, body: { qr } });
      await eventually(async () => expect(await sessionOf(member)).toMatchObject({ state: 'connected' }));
    };

    await all(link);
    await all(async ({ id, engine }, index) => {
      const { id: other = '', phone: to = '' } = fleet[(index + 1) % fleet.length] ?? {};
      const text = `from ${engine}`;
      const sent = await client.call('sendMessage', { params: { id }, body: { to, text } });
      expect(sent.status).toMatch(/^(sent|delivered|read)$/);
      expect(await screenOf(client, to)).toContainEqual(expect.objectContaining({ id: sent.waId, text }));
      await eventually(async () => {
        const { data } = await client.call('listMessages', { params: { id: other } });
        expect(data.map(({ content }) => content)).toContainEqual(expect.objectContaining({ text }));
      });
    });

    for (const out of ['logoutSession', 'forceLogoutWhatsapp'] as const) {
      await all(async (member) => {
        const { id } = member;
        const receipt =
          out === 'logoutSession'
            ? await client.call(out, { params: { id } })
            : await client.call(out, { body: { sessionId: id } });
        expect(receipt).toMatchObject({ unlinked: 'confirmed' });
        expect(await devicesOf(member)).toEqual([]);
        expect(await sessionOf(member)).toMatchObject({ state: 'logged_out', linked: false });
        await client.call('startSession', { params: { id } });
      });
      await all(link);
    }

    const receipt = await client.call('deleteSession', { params: { id: 'baileys' } });
    expect(receipt).toMatchObject({ unlinked: 'confirmed' });
    const cleanup = await client.call('cleanupSessions', { body: {} });
    expect(cleanup).toMatchObject({ ok: true, deleted: 2, remoteInstancesDeleted: 1, errors: [] });
    expect((await client.call('listSessions')).data).toEqual([]);
    await all(async (member) => expect(await devicesOf(member)).toEqual([]));
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toMatch(/unhandled/i);
  },
);
