/** Texts that people write: received, decrypted, stored, handed out as events. They are encrypted before the clock starts. */
import type { Bench } from '../bench.ts';
import { forEach } from '../bench.ts';
import { median } from '../statistics.ts';
import type { WebhookReceiver } from '../webhooks.ts';
import { chatsOf, lettersTo, openChats } from './chats.ts';

/** What a webhook must hold out on one core. */
const PER_SECOND = 1000;

/** `receiver`: a webhook brings each of them there as well. */
export async function measureInbound(
  bench: Bench,
  size: number,
  receiver: WebhookReceiver | null = null,
): Promise<void> {
  const { extent, network, timed, zapfleet } = bench;
  const messages = extent.chats * extent.messagesPerChat;
  const name = receiver ? 'inbound_webhook' : 'inbound';
  const cost = await forEach(bench, async (contender) => {
    const hooked = contender === zapfleet ? receiver : null;
    const chats = chatsOf(bench, contender, size);
    await openChats(bench, contender, chats);
    await using _webhook = hooked && (await zapfleet.callWebhook(hooked.url));
    const rounds: number[] = [];
    const sandbox: number[] = [];
    const perSecond: number[] = [];
    for (let round = 0; round < extent.rounds; round++) {
      await network.hold();
      await network.write(lettersTo(chats, extent.messagesPerChat));
      const window = await timed(contender, `${name}-${size}`, async () => {
        const received = Promise.all([contender.received(messages), hooked?.received(messages)]);
        await network.release();
        await received;
      });
      rounds.push(window.cpuMs / messages);
      sandbox.push(window.networkCpuMs / messages);
      perSecond.push((messages * 1000) / window.wallMs);
    }
    return { rounds, sandbox, perSecond };
  });
  bench.report({
    id: `${name}_cpu`,
    what: receiver ? 'inbound text to a webhook, CPU per message' : 'inbound text, CPU per message',
    sessions: size,
    unit: 'ms',
    zapfleet: median(cost.zapfleet.rounds),
    raw: cost.raw && median(cost.raw.rounds),
    sandbox: median(cost.zapfleet.sandbox),
    required: { atMost: 1 },
    detail: { messages, rounds: cost.zapfleet.rounds, rawRounds: cost.raw && cost.raw.rounds },
  });
  if (!receiver) return;
  bench.report({
    id: 'inbound_webhook_rate',
    what: 'inbound texts to a webhook, until the last was there',
    sessions: size,
    unit: '1/s',
    zapfleet: median(cost.zapfleet.perSecond),
    raw: cost.raw && median(cost.raw.perSecond),
    sandbox: null,
    required: { atLeast: PER_SECOND },
    detail: { messages, rounds: cost.zapfleet.perSecond },
  });
}
