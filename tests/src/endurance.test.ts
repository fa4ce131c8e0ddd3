import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Client, connect } from './client.ts';
import { type Figures, figuresOf, withGarbageCollector } from './figures.ts';
import { eventually } from './polling.ts';
import { isConnected, linkSession, newPhone } from './linking.ts';
import { type StartedServer, startSandbox, startServer } from './server.ts';

const long = process.env['TEST_LONG'] === '1';
const lives = long ? 1_000 : 100;
const reconnects = long ? 10_000 : 1_000;
const names = 5;

/** Node makes one of these itself where listeners pile up. */
const piledUp = /MaxListenersExceededWarning/;

/** The second half may cost what a warm process still takes, and no more: neither per life nor per reconnect. */
function expectFlat(middle: Figures, end: Figures): void {
  console.log(JSON.stringify({ middle, end }));
  expect(end.heapMb).toBeLessThanOrEqual(middle.heapMb + 6);
  expect(end.rssMb).toBeLessThanOrEqual(middle.rssMb * 1.1 + 30);
  expect(end.handles).toBeLessThanOrEqual(middle.handles + 10);
  expect(end.resources).toBeLessThanOrEqual(middle.resources + 10);
  expect(end.openFiles).toBeLessThanOrEqual(middle.openFiles + 10);
}

/** Baileys forgets to cancel a timer of 30 s for each pairing, which keeps what it holds alive as long. */
async function figuresAtRest(server: StartedServer, client: Client, atFirst: Figures): Promise<Figures> {
  return eventually(async () => {
    const figures = await figuresOf(server, client);
    expect(figures.resources).toBeLessThanOrEqual(atFirst.resources + 10);
    return figures;
  });
}

async function filesOf({ dataDir }: StartedServer): Promise<string[]> {
  return (await readdir(dataDir, { recursive: true })).toSorted();
}

/** Creates, links by the same phone as ever, and deletes. */
async function liveOnce(client: Client, name: string, phone: string): Promise<void> {
  const { id } = await client.call('createSession', { body: { name, network: 'sandbox' } });
  await using events = client.follow({ sessionId: id });
  await client.call('scanWithSandboxPhone', { params: { phone }, body: { sessionId: id } });
  await events.until(isConnected, 60_000);
  const receipt = await client.call('deleteSession', { params: { id } });
  expect(receipt.unlinked).toBe('confirmed');
}

describe('in the long run', () => {
  it(`a name is created, linked and deleted ${lives} times without a refusal, and nothing piles up`, {
    timeout: long ? 3_600_000 : 400_000,
  }, async () => {
    await using network = await startSandbox();
    await using server = await startServer({ env: { ...network.env, ...withGarbageCollector, LOG_LEVEL: 'warn' } });
    const client = connect(server);
    const phones = await Promise.all(Array.from({ length: names }, (_, at) => newPhone(client, `Owner ${at}`)));
    const half = () =>
      Promise.all(
        phones.map(async (phone, at) => {
          for (let life = 0; life < lives / 2 / names; life += 1) await liveOnce(client, `shop-${at}`, phone);
        }),
      );

    const atFirst = await figuresOf(server, client);
    await half();
    const [middle, filesInTheMiddle] = [await figuresAtRest(server, client, atFirst), await filesOf(server)];
    await half();
    const [end, filesAtTheEnd] = [await figuresAtRest(server, client, atFirst), await filesOf(server)];

    expectFlat(middle, end);
    expect(filesAtTheEnd).toEqual(filesInTheMiddle);
    expect(server.output()).not.toMatch(piledUp);
    expect((await client.call('listSessions')).data).toEqual([]);
    const { data: owners } = await client.call('listSandboxPhones');
    expect(owners.flatMap(({ devices }) => devices)).toEqual([]);
  });

  it(`${reconnects} reconnects leave heap, handles and listeners as they were`, {
    timeout: long ? 7_200_000 : 400_000,
  }, async () => {
    const sessions = 25;
    await using network = await startSandbox();
    await using server = await startServer({ env: { ...network.env, ...withGarbageCollector, LOG_LEVEL: 'warn' } });
    const client = connect(server);
    await Promise.all(Array.from({ length: sessions }, (_, at) => linkSession(client, `s${at}`)));
    let after = (await client.call('listEvents', { query: { limit: 1_000 } })).data.at(-1)?.seq ?? 0;
    /** Cuts every connection and waits until each is back. */
    const cutAll = async () => {
      await using events = client.follow({ after, types: 'session.connected' });
      await client.call('createSandboxFault', { body: { kind: 'drop' } });
      const back = new Set<string>();
      while (back.size < sessions) {
        const { session, seq } = await events.until(isConnected, 60_000);
        back.add(session.id);
        after = seq;
      }
    };
    const half = async () => {
      for (let done = 0; done < reconnects / 2; done += sessions) await cutAll();
    };

    await half();
    const middle = await figuresOf(server, client);
    await half();
    const end = await figuresOf(server, client);

    expectFlat(middle, end);
    expect(server.output()).not.toMatch(piledUp);
    const { data } = await client.call('listSessions', { query: { state: 'connected' } });
    expect(data).toHaveLength(sessions);
  });
});
