/** The fleets grow; what the last few pairings cost is the figure. */
import type { Bench } from '../bench.ts';
import { forEach } from '../bench.ts';
import type { Contender } from '../contender.ts';

/** The first few sessions of a process pay for code that is still cold. */
const JUDGED_FROM = 25;

/** Brings both fleets to `size`, side by side, and times nothing. */
export async function grow({ network, zapfleet, raw }: Bench, size: number): Promise<void> {
  const extend = async (contender: Contender) => {
    const missing = size - contender.fleet.length;
    if (missing > 0) await contender.pair(await network.newPhones(missing));
  };
  await Promise.all([extend(zapfleet), raw && extend(raw)]);
}

/** As `grow`, but the last pairings of each fleet are timed. */
export async function measurePairing(bench: Bench, size: number): Promise<void> {
  const { network, extent, timed, zapfleet } = bench;
  const sessions = Math.min(extent.pairings, size - zapfleet.fleet.length);
  if (sessions === 0) return;
  await grow(bench, size - sessions);
  const cost = await forEach(bench, async (contender) => {
    const phones = await network.newPhones(sessions);
    return timed(contender, `pairing-${size}`, () => contender.pair(phones));
  });
  bench.report({
    id: 'pairing_cpu',
    what: 'pairing, CPU per session',
    sessions: size,
    unit: 'ms',
    zapfleet: cost.zapfleet.cpuMs / sessions,
    raw: cost.raw && cost.raw.cpuMs / sessions,
    sandbox: cost.zapfleet.networkCpuMs / sessions,
    required: sessions >= JUDGED_FROM ? { atMost: 60 } : null,
    detail: { pairings: sessions, wallMs: Math.round(cost.zapfleet.wallMs) },
  });
}
