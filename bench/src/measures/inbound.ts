/** Texts that people write: received, decrypted, stored, handed out as events. They are encrypted before the clock starts. */
import type { Bench } from '../bench.ts';
import { forEach } from '../bench.ts';
import { median } from '../statistics.ts';
import { chatsOf, lettersTo, openChats } from './chats.ts';

export async function measureInbound(bench: Bench, size: number): Promise<void> {
  const { extent, network, timed } = bench;
  const messages = extent.chats * extent.messagesPerChat;
  const cost = await forEach(bench, async (contender) => {
    const chats = chatsOf(bench, contender, size);
    await openChats(bench, contender, chats);
    const rounds: number[] = [];
    const sandbox: number[] = [];
    for (let round = 0; round < extent.rounds; round++) {
      await network.hold();
      await network.write(lettersTo(chats, extent.messagesPerChat));
      const window = await timed(contender, `inbound-${size}`, async () => {
        const received = contender.received(messages);
        await network.release();
        await received;
      });
      rounds.push(window.cpuMs / messages);
      sandbox.push(window.networkCpuMs / messages);
    }
    return { rounds, sandbox };
  });
  bench.report({
    id: 'inbound_cpu',
    what: 'inbound text, CPU per message',
    sessions: size,
    unit: 'ms',
    zapfleet: median(cost.zapfleet.rounds),
    raw: cost.raw && median(cost.raw.rounds),
    sandbox: median(cost.zapfleet.sandbox),
    required: { atMost: 1 },
    detail: { messages, rounds: cost.zapfleet.rounds, rawRounds: cost.raw && cost.raw.rounds },
  });
}
