/** How large, how long and in which order: one fleet grows, and at each size is measured what belongs there. */
import type { MeasureName, Options } from './options.ts';

export type Extent = {
  /** Starts of an empty process; the median counts. */
  readonly starts: number;
  /** Sessions whose pairing is timed, the last ones of a step. */
  readonly pairings: number;
  /** Keep-alives and probes come once in 30 or 60 s: a shorter window sees only some of them. */
  readonly idleSeconds: number;
  /** Chats over which messages are spread, whatever the number of sessions, so that two sizes differ in nothing else. */
  readonly chats: number;
  readonly messagesPerChat: number;
  /** As large as that of a family or a team, and each with one account of the fleet. */
  readonly groups: number;
  readonly peoplePerGroup: number;
  readonly messagesPerGroup: number;
  /** Of which the median counts. */
  readonly rounds: number;
  readonly listSeconds: number;
  readonly steadySeconds: number;
};

export type Step = { readonly size: number; readonly measures: readonly MeasureName[] };
export type Plan = { readonly extent: Extent; readonly steps: readonly Step[] };

const whole: Extent = {
  starts: 5,
  pairings: 50,
  idleSeconds: 60,
  chats: 300,
  messagesPerChat: 10,
  groups: 30,
  peoplePerGroup: 9,
  messagesPerGroup: 45,
  rounds: 3,
  listSeconds: 5,
  steadySeconds: 20,
};
const quick: Extent = {
  ...whole,
  starts: 3,
  pairings: 25,
  idleSeconds: 15,
  messagesPerChat: 8,
  groups: 20,
  messagesPerGroup: 27,
  rounds: 2,
  listSeconds: 2,
  steadySeconds: 8,
};

type Sized = Exclude<MeasureName, 'start'>;
const wholeSizes: Record<Sized, readonly number[]> = {
  pairing: [300],
  restore: [300, 1000],
  idle: [1, 50, 300, 1000],
  list: [50],
  inbound: [1, 300],
  inbound_webhook: [1, 300],
  outbound: [1, 300],
  group_inbound: [1, 300],
  group_outbound: [1, 300],
  steady: [300],
  steady_webhook: [300],
};
const quickSizes: Record<Sized, readonly number[]> = {
  pairing: [50],
  restore: [50],
  idle: [1, 50],
  list: [50],
  inbound: [1, 50],
  inbound_webhook: [1, 50],
  outbound: [1, 50],
  group_inbound: [50],
  group_outbound: [50],
  steady: [50],
  steady_webhook: [50],
};

export function planOf(options: Options): Plan {
  const own = options.quick ? quickSizes : wholeSizes;
  const sized = options.measures.filter((name) => name !== 'start');
  const sizesFor = (name: Sized) => options.sessions ?? own[name];
  const sizes = [...new Set(sized.flatMap(sizesFor))].sort((a, b) => a - b);
  const steps = sizes.map((size) => ({ size, measures: sized.filter((name) => sizesFor(name).includes(size)) }));
  return { extent: options.quick ? quick : whole, steps };
}
