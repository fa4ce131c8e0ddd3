/** Walks at random through events, receivers that come and go, crashes, pauses and replays, and holds what must always hold. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RETRY_DELAYS_MS } from '../domain/delivery-schedule.ts';
import { startWorld, type World } from './webhooks.fixture.ts';

const long = process.env['TEST_LONG'] === '1';
const H = 3_600_000;

type Step =
  | { do: 'say'; chat: string; count: number }
  | { do: 'reply'; how: 'well' | 'ill' | 'hangs' | 'mixed' }
  | { do: 'pass'; ms: number }
  | { do: 'crash' }
  | { do: 'pause' }
  | { do: 'replay' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      chat: fc.constantFrom('a', 'b', 'c'),
      count: fc.integer({ min: 1, max: 90 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reply' as const),
      how: fc.constantFrom('well', 'ill', 'hangs', 'mixed' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 10, 150, 2000, 5000, 300_000, H) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'pause' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'replay' as const }) },
);

async function walk(world: World, steps: readonly Step[], strictOrder: boolean): Promise<void> {
  const { id } = await world.create({ strictOrder });
  const said: string[] = [];
  const answered: string[] = [];
  let replayed = 0;
  let how: Extract<Step, { do: 'reply' }>['how'] = 'well';
  let hanging: (() => void)[] = [];
  world.receiver = ({ text }) => {
    const kind = how === 'mixed' ? (['well', 'ill', 'hangs'] as const)[text.length % 3] : how;
    if (kind === 'ill') return 500;
    if (kind === 'hangs') return new Promise((resolve) => hanging.push(() => resolve(500)));
    answered.push(text);
    return 200;
  };
  const letGo = (): void => {
    for (const free of hanging) free();
    hanging = [];
  };

  for (const one of steps) {
    switch (one.do) {
      case 'say': {
        const whats = Array.from({ length: one.count }, (_, at) => `${one.chat}-${said.length + at}-`);
        said.push(...whats);
        await world.sayAll(whats, { chat: one.chat });
        break;
      }
      case 'reply':
        how = one.how;
        letGo();
        break;
      case 'pass':
        await world.pass(one.ms);
        break;
      case 'crash':
        await world.crash();
        hanging = [];
        break;
      case 'pause':
        await world.webhooks.pause(id, null);
        await world.pass(100);
        await world.webhooks.resume(id, null);
        break;
      case 'replay': {
        const range = { from: 0, to: world.clock.now(), onlyDead: false };
        replayed += await world.webhooks.replayRange(id, null, range);
      }
    }
  }

  how = 'well';
  letGo();
  for (let turn = 0; turn < 400; turn += 1) {
    await world.pass(turn % 20 === 19 ? (RETRY_DELAYS_MS[Math.floor(turn / 20) % 4] ?? H) : 50);
    if (turn > 100 && (await world.webhooks.deliveries(id, null, { status: 'pending', limit: 1 })).length === 0) break;
  }

  const rows = await world.webhooks.deliveries(id, null, { limit: 10_000 });
  // One row for each event, and each delivered, since nobody fails ten times here.
  expect(rows.map(({ status }) => status)).toEqual(said.map(() => 'delivered'));
  expect([...new Set(answered)].toSorted()).toEqual(said.toSorted());
  // Twice only what a crash left in doubt, or what somebody asked for.
  const hadCrash = steps.some((one) => one.do === 'crash');
  if (!hadCrash) expect(answered).toHaveLength(said.length + replayed);
  if (!strictOrder || replayed > 0) return;
  for (const chat of ['a', 'b', 'c']) {
    // After a crash some come once more, but none before one that it follows was answered.
    const firstTimes = [...new Set(answered)].filter((text) => text.startsWith(chat));
    expect(firstTimes).toEqual(said.filter((text) => text.startsWith(chat)));
  }
}

it.each<[string, boolean, Step[]]>([
  [
    'of one that was delivered before one that waits',
    true,
    [
      { do: 'pass', ms: 0 },
      { do: 'say', chat: 'a', count: 1 },
      { do: 'pause' },
      { do: 'say', chat: 'a', count: 1 },
      { do: 'reply', how: 'well' },
      { do: 'replay' },
    ],
  ],
  [
    'of several that are under way',
    false,
    [
      { do: 'reply', how: 'mixed' },
      { do: 'say', chat: 'a', count: 1 },
      { do: 'reply', how: 'well' },
      { do: 'pass', ms: H },
      { do: 'say', chat: 'a', count: 4 },
      { do: 'replay' },
    ],
  ],
])('a replay %s delivers none of them twice', async (_what, isLate, steps) => {
  await using world = await startWorld({}, { isLate });
  await walk(world, steps, true);
});

it.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])(
  'loses nothing, makes one delivery of each event and keeps a strict order (%s), whatever happens and however late the store answers (%s)',
  { timeout: long ? 3_600_000 : 240_000 },
  async (strictOrder, isLate) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        await using world = await startWorld({}, { isLate });
        await walk(world, steps, strictOrder);
      }),
      { numRuns: long ? 500 : 25 },
    );
  },
);
