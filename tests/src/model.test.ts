/**
 * Random sequences of what people, phones, the network and crashes do to sessions. After each step, and once the session has settled, what must
 * always hold is looked at. A failure prints its seed; TEST_SEED repeats it.
 */
import type { SessionId } from '@zapfleet/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallAnswer, CallRefused, type Client, connect } from './client.ts';
import { readMetrics, sumOf } from './figures.ts';
import { isConnected, newPhone } from './linking.ts';
import { eventually } from './polling.ts';
import { type StartedSandbox, type StartedServer, startSandbox, startServer } from './server.ts';
import { placesThatName } from './stored-rows.ts';
import { temporaryFolder } from './temporary-folder.ts';

const long = process.env['TEST_LONG'] === '1';
const runs = long ? 300 : 15;
const steps = long ? 30 : 12;
/** The same walk in every ordinary run, so that a red one says something about the change; the long run takes new ones. */
const seed = Number(process.env['TEST_SEED'] ?? (long ? Date.now() % 2 ** 31 : 2_082_381_547));

type Session = CallAnswer<'getSession'>;
type Receipt = CallAnswer<'getReceipt'>;

const verbs = ['start', 'stop', 'restart', 'logout', 'delete'] as const;
type Verb = (typeof verbs)[number];

const slot = fc.nat({ max: 1 });
const verb = fc.constantFrom(...verbs);
const Step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('create' as const), slot, start: fc.boolean(), cleanup: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('link' as const), slot }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('call' as const), slot, verb }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('call_both' as const), slot, verb, other: verb }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('call_slowly' as const), slot, verb }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unlink_on_phone' as const), slot }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      slot,
      kind: fc.constantFrom('drop' as const, 'hang' as const, 'silent' as const, '503' as const),
      ms: fc.integer({ min: 1, max: 800 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), during: fc.option(verb), slot }) },
);
type Step = typeof Step extends fc.Arbitrary<infer T> ? T : never;

const configurationOf = ({ label, metadata, ignore, timeZone, autoCleanupOnLogout }: Session) => ({
  ...{ label, metadata, ignore, timeZone, autoCleanupOnLogout },
});

/** A person with one phone and, at times, one session. */
type Slot = {
  name: string;
  phone: string;
  made: Session | null;
  /** Receipts that own up to a device that may be left on the phone. */
  unconfirmed: Set<string>;
};

const settled = (session: Session): boolean =>
  session.desired === 'running'
    ? ['linking', 'connected', 'failed'].includes(session.state)
    : !busy.has(session.state) && !goesByItself(session);
const goesByItself = ({ state, cause, autoCleanupOnLogout }: Session): boolean =>
  state === 'logged_out' && cause?.code === 'logged_out' && autoCleanupOnLogout === true;
const busy = new Set(['connecting', 'waiting', 'deleting', 'linking', 'connected']);

const isWhole = ({ steps }: Receipt): boolean => steps.every(({ outcome }) => outcome !== 'pending');

/** The world of one test: a network that lasts, and a server that may die at any step. */
class World {
  readonly #network: StartedSandbox;
  readonly #dataDir: string;
  readonly gone: SessionId[] = [];
  server: StartedServer;
  client: Client;

  private constructor(network: StartedSandbox, dataDir: string, server: StartedServer) {
    this.#network = network;
    this.#dataDir = dataDir;
    this.server = server;
    this.client = connect(server);
  }

  static async begin(network: StartedSandbox, dataDir: string): Promise<World> {
    return new World(network, dataDir, await World.#start(network, dataDir));
  }

  static #start(network: StartedSandbox, dataDir: string): Promise<StartedServer> {
    return startServer({ env: { ...network.env, LOG_LEVEL: 'warn', LOGOUT_CLEANUP_DELAY_MS: '100' }, dataDir });
  }

  /** Ends the server, looks into what it left, and starts it again. */
  async crash(): Promise<void> {
    this.expectAlive();
    await this.server.kill();
    expect(await placesThatName(this.gone, this.#dataDir)).toEqual([]);
    this.server = await World.#start(this.#network, this.#dataDir);
    this.client = connect(this.server);
  }

  expectAlive(): void {
    const { exitCode, signalCode } = this.server.process;
    expect({ exitCode, signalCode }).toEqual({ exitCode: null, signalCode: null });
    expect(this.server.output()).not.toMatch(/unhandled|uncaught|fault of ours|MaxListeners/i);
  }

  async find(id: SessionId): Promise<Session | null> {
    return orNull('session_not_found', () => this.client.call('getSession', { params: { id } }));
  }

  /** The session when it is where it wants to be; null when it is gone. */
  settle(id: SessionId): Promise<Session | null> {
    return eventually(async () => {
      const session = await this.find(id);
      if (session && !settled(session)) throw new Error(`the session does not settle: ${JSON.stringify(session)}`);
      const receipt = await this.receipt(id);
      if (receipt && !isWhole(receipt)) throw new Error(`the teardown does not end: ${JSON.stringify(receipt)}`);
      return session;
    });
  }

  receipt(id: SessionId): Promise<Receipt | null> {
    return orNull('receipt_not_found', () => this.client.call('getReceipt', { params: { id } }));
  }

  /** What a verb answers; null where the session was gone or just being deleted. */
  async call(verb: Verb, id: SessionId): Promise<Session | Receipt | null> {
    const params = { id };
    try {
      return await this.client.call(`${verb}Session`, { params });
    } catch (error) {
      if (error instanceof CallRefused && ['session_not_found', 'session_busy'].includes(error.refusal.code))
        return null;
      throw error;
    }
  }

  async fault(body: {
    kind: 'drop' | 'hang' | 'silent' | '503' | 'slow';
    ms?: number;
    phoneNumber: string;
  }): Promise<void> {
    await this.client.call('createSandboxFault', { body });
  }
}

async function orNull<T>(code: string, call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof CallRefused && error.refusal.code === code) return null;
    throw error;
  }
}

async function take(world: World, step: Step, slots: readonly Slot[]): Promise<void> {
  const one = slots[step.slot];
  if (!one) return;
  const { client } = world;
  const id = one.made?.id;
  switch (step.do) {
    case 'create': {
      const body = {
        ...({ name: one.name, network: 'sandbox', start: step.start, autoCleanupOnLogout: step.cleanup } as const),
        ...{
          label: `Of ${one.phone}`,
          metadata: { phone: one.phone },
          ignore: { groups: true },
          timeZone: 'America/Bahia',
        },
      };
      if (id !== undefined) expect((await client.refusal('createSession', { body })).code).toBe('session_name_taken');
      else one.made = await client.call('createSession', { body });
      return;
    }
    case 'link':
      if (id !== undefined) await link(world, id, one.phone);
      return;
    case 'call':
      if (id !== undefined) await world.call(step.verb, id);
      return;
    case 'call_both':
      if (id !== undefined) await Promise.all([world.call(step.verb, id), world.call(step.other, id)]);
      return;
    case 'call_slowly':
      if (id === undefined) return;
      await world.fault({ kind: 'slow', ms: 300, phoneNumber: one.phone });
      await world.call(step.verb, id);
      await client.call('clearSandboxFaults');
      await world.fault({ kind: 'slow', ms: 0, phoneNumber: one.phone });
      await client.call('clearSandboxFaults');
      return;
    case 'unlink_on_phone':
      await client.call('unlinkSandboxDevice', { params: { phone: one.phone, device: 'all' } });
      one.unconfirmed.clear();
      if (one.made && (await world.find(one.made.id))?.desired === 'running') await heardOfIt(world, one.made.id);
      return;
    case 'fault':
      await world.fault({ kind: step.kind, ms: step.ms, phoneNumber: one.phone });
      await client.call('clearSandboxFaults');
      return;
    case 'kill': {
      const call = id !== undefined && step.during ? world.call(step.during, id).catch(() => null) : null;
      await world.crash();
      await call;
      return;
    }
  }
}

/** A session that is linked stays so; any other is brought to show a QR code, which the phone scans. */
async function link(world: World, id: SessionId, phone: string): Promise<void> {
  const session = await world.settle(id);
  if (!session || session.linked) return;
  const seq = await lastSeq(world.client, id);
  if (session.state !== 'linking') await world.client.call('startSession', { params: { id } });
  await world.client.call('scanWithSandboxPhone', { params: { phone }, body: { sessionId: id } });
  await world.client.waitForEvent(isConnected, { sessionId: id, after: seq, ms: 60_000 });
}

/** The state changes when the news has come, not when the phone has spoken. */
async function heardOfIt(world: World, id: SessionId): Promise<void> {
  await eventually(async () => {
    expect((await world.find(id))?.linked ?? false).toBe(false);
  });
}

async function lastSeq(client: Client, sessionId: SessionId): Promise<number> {
  const { data } = await client.call('listEvents', { query: { sessionId, limit: 1_000 } });
  return data.at(-1)?.seq ?? 0;
}

/** Everything that must hold whatever was done before, once nothing moves any more: a session may be removed by itself meanwhile. */
function check(world: World, one: Slot): Promise<void> {
  return eventually(() => look(world, one), 30_000);
}

async function look(world: World, one: Slot): Promise<void> {
  world.expectAlive();
  if (!one.made) return;
  const { made } = one;
  const session = await world.settle(made.id);
  const receipt = await world.receipt(made.id);
  if (receipt) {
    expect(receipt.steps.map(({ outcome }) => outcome)).not.toContain('failed');
    if (receipt.unlinked === 'unconfirmed') one.unconfirmed.add(JSON.stringify(receipt));
  }
  if (!session) {
    expect(receipt?.steps.at(-1)?.name).toBe('remove_rows');
    world.gone.push(made.id);
    one.made = null;
  } else {
    expect(configurationOf(session)).toEqual(configurationOf(made));
    expect(session.state).not.toBe('failed');
    if (session.linked && session.desired === 'running') expect(session.state).toBe('connected');
    if (!session.linked) expect(session.account).toBeNull();
  }
  await answersAgree(world, one);
  await devicesFit(world, one, session);
}

/** GET, status, list and metrics, read while nothing moves, say the same. */
async function answersAgree({ client }: World, { name, made }: Slot): Promise<void> {
  const { data } = await client.call('listSessions', { query: { limit: 1_000 } });
  const metrics = await readMetrics(client);
  const listed = data.find((session) => session.name === name && session.state !== 'deleting');
  const series = metrics.filter(
    (one) => one.name === 'zapfleet_session_state' && one.labels['session'] === name && one.value === 1,
  );
  expect(sumOf(metrics, 'zapfleet_sessions')).toBeLessThanOrEqual(data.length);
  if (!made) {
    expect(listed).toBeUndefined();
    expect(series).toEqual([]);
    expect((await client.refusal('getSession', { params: { id: name } })).code).toBe('session_not_found');
    return;
  }
  const session = await client.call('getSession', { params: { id: made.id } });
  const status = await client.call('getSessionStatus', { params: { id: name } });
  expect(listed).toEqual(session);
  expect(series.map(({ labels }) => labels['state'])).toEqual([session.state]);
  const { id, state, cause, health } = session;
  expect(status).toMatchObject({ id, name, state, cause, health });
  expect(status.ready).toBe(state === 'connected' && health?.status === 'ok');
}

/** One connection where the session says that it is connected, none elsewhere; no device is left but where its receipt said so. */
async function devicesFit({ client }: World, { phone, unconfirmed }: Slot, session: Session | null): Promise<void> {
  const { devices } = await client.call('getSandboxPhone', { params: { phone } });
  expect(devices.filter(({ online }) => online).length).toBe(session?.state === 'connected' ? 1 : 0);
  expect(devices.length).toBeLessThanOrEqual((session?.linked ? 1 : 0) + unconfirmed.size);
}

/** Each change of a state begins where the one before ended. */
async function expectUnbrokenStory(client: Client): Promise<void> {
  const states = new Map<string, string>();
  for (let after = 0; ; ) {
    const { data } = await client.call('listEvents', {
      query: { after, types: 'session.state_changed', limit: 1_000 },
    });
    for (const event of data) {
      if (event.type !== 'session.state_changed') continue;
      const id = event.session.id;
      expect({ seq: event.seq, from: event.data.from }).toEqual({ seq: event.seq, from: states.get(id) ?? 'stopped' });
      states.set(id, event.data.to);
    }
    const last = data.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

describe('whatever is done to sessions in whatever order', () => {
  it('their answers agree, their settings stay, no device is left over, and the server lives', {
    timeout: long ? 7_200_000 : 400_000,
  }, async () => {
    await using network = await startSandbox();
    await using folder = await temporaryFolder();
    const world = await World.begin(network, folder.path);
    let names = 0;
    try {
      const sequence = fc.asyncProperty(
        fc.array(Step, { minLength: steps, maxLength: steps, size: 'max' }),
        async (plan) => {
          const slots: Slot[] = [];
          for (let at = 0; at < 2; at += 1) {
            names += 1;
            const name = `s${names}`;
            slots.push({ name, phone: await newPhone(world.client, name), made: null, unconfirmed: new Set() });
          }
          const linked = slots.flatMap((_, slot): Step[] => [
            { do: 'create', slot, start: true, cleanup: slot === 0 },
            { do: 'link', slot },
          ]);
          for (const step of [...linked, ...plan]) {
            await take(world, step, slots);
            for (const one of slots) await check(world, one);
          }
          for (const one of slots) {
            if (one.made) await world.call('delete', one.made.id);
            await check(world, one);
            expect(one.made).toBeNull();
          }
        },
      );
      await fc.assert(sequence, { seed, numRuns: runs, endOnFailure: true });
      await expectUnbrokenStory(world.client);
      await world.crash();
    } finally {
      console.log(`TEST_SEED=${seed}`);
      await world.server[Symbol.asyncDispose]();
    }
  });
});
