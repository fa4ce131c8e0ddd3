/** What every measure of a run works with. */
import type { Contender } from './contender.ts';
import type { Figure } from './figure.ts';
import type { Network, Phone } from './network.ts';
import type { Extent } from './plan.ts';
import type { Window } from './timed.ts';
import type { WebhookReceiver } from './webhooks.ts';
import type { Zapfleet } from './zapfleet.ts';

/** A process without a session, at rest. */
export type EmptyProcess = { readonly readyMs: number; readonly cpuMs: number; readonly rssMb: number };

export type Bench = {
  readonly extent: Extent;
  readonly network: Network;
  readonly zapfleet: Zapfleet;
  /** Null where Zapfleet runs alone. */
  readonly raw: Contender | null;
  readonly empty: { readonly zapfleet: EmptyProcess; readonly raw: EmptyProcess | null };
  /** People who write with the fleets; they are linked to nothing. */
  readonly people: readonly Phone[];
  /** Nobody's until a measure has a webhook call it. */
  readonly receiver: WebhookReceiver;
  /** Does `work` and tells what it took, until the process of the contender is at rest again. */
  timed(contender: Contender, label: string, work: () => Promise<unknown>): Promise<Window>;
  report(figure: Figure): void;
};

export type Pair<T> = { readonly zapfleet: T; readonly raw: T | null };

/** The same for both, one after the other, so that neither disturbs the other. */
export async function forEach<T>(
  { zapfleet, raw }: Bench,
  work: (contender: Contender) => Promise<T>,
): Promise<Pair<T>> {
  return { zapfleet: await work(zapfleet), raw: raw === null ? null : await work(raw) };
}
