/** A page of sessions over REST, as often as it can be had. */
import type { Bench } from '../bench.ts';
import { inTurns } from '../in-turns.ts';

const PAGE = 50;
const AT_A_TIME = 8;

export async function measureList({ extent, zapfleet, timed, report }: Bench, size: number): Promise<void> {
  let requests = 0;
  const list = async (seconds: number) => {
    requests = 0;
    const until = performance.now() + seconds * 1000;
    await inTurns(Array.from({ length: AT_A_TIME }), AT_A_TIME, async () => {
      while (performance.now() < until) {
        await zapfleet.read(`/sessions?limit=${PAGE}`);
        requests += 1;
      }
    });
  };
  await list(1);
  const cost = await timed(zapfleet, `list-${size}`, () => list(extent.listSeconds));
  const common = { sessions: size, raw: null, sandbox: null };
  const page = `list of ${Math.min(size, PAGE)} sessions over REST`;
  report({
    ...common,
    id: 'list_rate',
    what: page,
    unit: 'requests/s',
    required: { atLeast: 5000 },
    zapfleet: requests / (cost.wallMs / 1000),
    detail: { requests, note: 'with the load on the other core' },
  });
  report({
    ...common,
    id: 'list_cpu',
    what: `${page}, CPU`,
    unit: 'ms',
    zapfleet: cost.cpuMs / requests,
    // 5,000 a second on a core of its own.
    required: { atMost: 0.2 },
    detail: { requests },
  });
}
