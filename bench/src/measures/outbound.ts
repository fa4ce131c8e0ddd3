/** Texts through REST until acknowledged, and what follows of them: delivery receipts and their events. */
import type { Bench } from '../bench.ts';
import { forEach } from '../bench.ts';
import { median, percentile } from '../statistics.ts';
import { chatsOf, messagesFrom, openChats } from './chats.ts';

export async function measureOutbound(bench: Bench, size: number): Promise<void> {
  const { extent, timed } = bench;
  const messages = extent.chats * extent.messagesPerChat;
  const cost = await forEach(bench, async (contender) => {
    const chats = chatsOf(bench, contender, size);
    await openChats(bench, contender, chats);
    const rounds: number[] = [];
    const sandbox: number[] = [];
    const latencies: number[] = [];
    for (let round = 0; round < extent.rounds; round++) {
      const window = await timed(contender, `outbound-${size}`, async () => {
        latencies.push(...(await contender.send(messagesFrom(chats, extent.messagesPerChat))));
      });
      rounds.push(window.cpuMs / messages);
      sandbox.push(window.networkCpuMs / messages);
    }
    return { rounds, sandbox, latencies };
  });
  bench.report({
    id: 'outbound_cpu',
    what: 'outbound text through REST, CPU per message',
    sessions: size,
    unit: 'ms',
    zapfleet: median(cost.zapfleet.rounds),
    raw: cost.raw && median(cost.raw.rounds),
    sandbox: median(cost.zapfleet.sandbox),
    required: { atMost: 1.5 },
    detail: {
      messages,
      rounds: cost.zapfleet.rounds,
      rawRounds: cost.raw && cost.raw.rounds,
      latencyMs: {
        p50: Math.round(percentile(cost.zapfleet.latencies, 0.5)),
        p99: Math.round(percentile(cost.zapfleet.latencies, 0.99)),
      },
    },
  });
}
