/** What is wrong with Evolution servers now and then: each has a name, an end, and what can heal heals by itself. */
import { Sandbox } from '@zapfleet/sandbox';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, Network } from '../../ports/engine.ts';
import { Phone } from '../conformance-phone.ts';
import { ConformanceSession } from '../conformance-session.ts';
import { text, to } from '../conformance-setting.ts';
import { openEgress } from '../../egress/open-egress.ts';
import { remoteAt } from './client.ts';
import { endingOf } from './ending.ts';
import { evolutionOn, marks } from './subject.fixture.ts';

// What differs between the generations, the conformance suite tries on both.
const generations = process.env['TEST_LONG'] === '1' ? (['v1', 'v2'] as const) : (['v2'] as const);

describe.each(generations)('an Evolution server of generation %s', (generation) => {
  let sandbox: Sandbox;
  let engine: Engine;
  let network: Network;
  let close: () => Promise<void>;
  let remote: { url: string; apiKey: string };
  beforeAll(async () => {
    sandbox = await Sandbox.create();
    const reached = await evolutionOn(generation).reach(sandbox);
    ({ engine, network } = reached);
    close = reached.close ?? (() => Promise.resolve());
    const servers = (await (await fetch(`${sandbox.controlUrl}/sandbox/evolution`)).json()) as Record<string, string>;
    remote = { url: servers[generation] ?? '', apiKey: servers['apiKey'] ?? '' };
  });
  afterEach(() => calm());
  afterAll(async () => {
    await close();
    await sandbox.close();
  });

  async function fault(kind: string, more: object = {}): Promise<void> {
    const body = JSON.stringify({ kind, ...more });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${sandbox.controlUrl}/sandbox/evolution/faults`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(await answer.text());
  }
  const calm = () => fetch(`${sandbox.controlUrl}/sandbox/evolution/faults`, { method: 'DELETE' });

  async function ask(method: string, path: string, body?: object): Promise<unknown> {
    const headers = { apikey: remote.apiKey, 'content-type': 'application/json' };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    return (await fetch(`${remote.url}${path}`, init)).json();
  }

  const nameOf = ({ id }: ConformanceSession) => marks.nameOf({ sessionId: id, generation: 1 });

  async function linked(): Promise<{ session: ConformanceSession; ana: Phone; bob: Phone }> {
    const [ana, bob] = [await Phone.create(sandbox, 'Ana'), await Phone.create(sandbox, 'Bob')];
    const session = new ConformanceSession(engine, network);
    session.open();
    await ana.scan((await session.event('qr')).qr);
    await session.event('open');
    return { session, ana, bob };
  }

  test('that has a leftover of ours under the name, and says for a while that it is taken, makes the instance all the same', async () => {
    await using session = new ConformanceSession(engine, network);
    const create = { instanceName: nameOf(session), integration: 'WHATSAPP-BAILEYS' };
    expect(await ask('POST', '/instance/create', create)).toMatchObject({
      instance: { instanceName: nameOf(session) },
    });
    await fault('name_in_use', { times: 3 });
    session.open();
    expect((await session.event('qr')).attempt).toBe(1);
  });

  test('that lost the webhook gets it again, and what was not told is asked for', async () => {
    const { session, ana, bob } = await linked();
    await using _ = session;
    await fault('webhook_wiped', { instance: nameOf(session) });
    await bob.write(ana, 'into the silence');
    await bob.shows(({ text: words, status }) => words === 'into the silence' && status === 'delivered');
    await session.run.probe();
    await session.message('into the silence');
    await bob.write(ana, 'heard again');
    await session.message('heard again');
    expect(session.events.filter(({ type }) => type === 'message')).toHaveLength(2);
  });

  test('that lost the instance is found out by the next probe', async () => {
    const { session } = await linked();
    await using _ = session;
    await fault('instance_lost', { instance: nameOf(session) });
    await expect(session.run.probe()).rejects.toThrow();
    expect((await session.event('closed')).ending.how).toBe('remote_instance_lost');
    session.open();
    expect((await session.event('closed')).ending.how).toBe('remote_instance_lost');
  });

  test('that takes a dead instance for open is not believed: it is restarted, and open when a query was answered', async () => {
    const { session, ana, bob } = await linked();
    await using _ = session;
    await fault('open_lies', { instance: nameOf(session) });
    await expect(session.run.probe()).rejects.toThrow('Connection Closed');
    await session.run.close('disconnect');
    session.open();
    await session.event('open');
    await session.run.probe();
    await bob.write(ana, 'alive');
    await session.message('alive');
  });

  test('that is started again carries on, with what was said meanwhile', async () => {
    const { session, ana, bob } = await linked();
    await using _ = session;
    await fault('restart');
    await bob.write(ana, 'after the restart');
    await session.message('after the restart');
    await session.run.probe();
    expect(await session.send(to(bob.lid, text('here I am')))).toMatchObject({ ok: true });
  });

  test.each([
    ['license', 'remote_license_required', 'LICENSE_REQUIRED'],
    ['unauthorized', 'remote_key_refused', '401'],
    ['garbage', 'remote_answer_invalid', 'no JSON'],
    ['unreachable', 'remote_unreachable', 'could not be reached'],
  ])('that answers with the fault %s is named at the opening, and in the middle of it', async (kind, how, words) => {
    const { session } = await linked();
    await using _ = session;
    await fault(kind);
    await expect(session.run.probe()).rejects.toThrow(words);
    await session.run.close('disconnect');
    session.open();
    const { ending } = await session.event('closed');
    expect(ending).toMatchObject({ how, raw: expect.stringContaining(words) as string });
    await calm();
    session.open();
    await session.event('open');
  });

  test('that says later that WhatsApp refused a message has it told, also where nobody listened', async () => {
    const { session, ana, bob } = await linked();
    await using _ = session;
    await ana.fault('ack_error', { times: 1 });
    const message = to(bob.lid, text('unwanted'));
    expect(await session.send(message)).toMatchObject({ ok: true });
    const isIt = ({ waIds }: { waIds: readonly string[] }) => waIds.includes(session.idOf(message));
    await session.event('refusal', isIt);
    expect(await bob.screen()).toEqual([]);
    await session.run.close('disconnect');
    session.open();
    await session.event('refusal', isIt);
  });

  test('that takes its time is waited for, and one that takes too long is named', async () => {
    const { session, bob } = await linked();
    await using _ = session;
    await fault('slow', { ms: 300 });
    expect(await session.send(to(bob.lid, text('slowly')))).toMatchObject({ ok: true });
    await session.run.probe();
    await using egress = openEgress({ allow: true, userAgent: 'test' });
    const { ask } = remoteAt(egress, remote);
    const late = ask({ method: 'GET', path: '/', withinMs: 100 });
    await expect(late).rejects.toMatchObject({ fault: 'slow' });
    expect(endingOf(await late.catch((error: unknown) => error))).toMatchObject({ how: 'remote_unreachable' });
    await calm();
    await session.run.probe();
  });

  test('whose key is refused lets nothing of a message leave: it waits for the next connection', async () => {
    const { session, bob } = await linked();
    await using _ = session;
    await fault('unauthorized');
    await expect(session.send(to(bob.lid, text('not yet')))).rejects.toMatchObject({ name: 'NotSent' });
    expect((await session.event('closed')).ending.how).toBe('remote_key_refused');
    expect(await bob.screen()).toEqual([]);
  });

  test('that forgets a delete has it asked for again, and ours are told from those of others', async () => {
    const { session } = await linked();
    await using _ = session;
    const { remote: instances } = engine;
    if (!instances) throw new Error('no remote instances');
    await ask('POST', '/instance/create', { instanceName: 'somebody-elses', integration: 'WHATSAPP-BAILEYS' });
    await session.run.close('disconnect');
    await fault('delete_leaves', { instance: nameOf(session) });
    const owner = { sessionId: session.id, network, server: null };
    expect(await instances.remove(owner)).toBe(1);
    expect(await instances.count(owner)).toBe(1);
    expect(await instances.remove(owner)).toBe(1);
    expect(await instances.count(owner)).toBe(0);
    const left = await instances.list();
    expect(left.find(({ name }) => name === 'somebody-elses')).toMatchObject({ owner: null });
    expect(left.some(({ owner: its }) => its?.sessionId === session.id)).toBe(false);
  });

  test('tells its keys to nobody through us', async () => {
    const { session, ana, bob } = await linked();
    await using _ = session;
    await bob.write(ana, 'with a token beside it');
    await session.message('with a token beside it');
    const [row] = (await ask('GET', '/instance/fetchInstances').then((all) =>
      (all as Record<string, unknown>[]).filter((one) => JSON.stringify(one).includes(nameOf(session))),
    )) as { token?: string; instance?: { apikey: string } }[];
    const token = row?.token ?? row?.instance?.apikey ?? '';
    expect(token).not.toBe('');
    const told = JSON.stringify([
      session.events,
      session.log.lines,
      [...session.credentials.values.values()].map(String),
    ]);
    expect(told).not.toContain(token);
    expect(told).not.toContain(remote.apiKey);
  });
});
