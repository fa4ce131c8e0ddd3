/**
 * A hundred texts per second, as on a quiet day: the burst of `inbound` shares its commits among many messages, this shares few. Also
 * how long a text takes from the phone that writes it to the client that follows the events.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { forEach } from '../bench.ts';
import { median, percentile } from '../statistics.ts';
import type { WebhookReceiver } from '../webhooks.ts';
import { type Chat, chatsOf, openChats } from './chats.ts';

const PER_SECOND = 100;
const EVERY_MS = 50;
const AT_ONCE = (PER_SECOND * EVERY_MS) / 1000;

export async function measureSteady(bench: Bench, size: number): Promise<void> {
  const { extent, zapfleet, timed } = bench;
  const messages = extent.steadySeconds * PER_SECOND;
  const written = new Map<string, number>();
  const latencies: number[] = [];
  zapfleet.onText((text) => {
    const begun = written.get(text);
    if (begun !== undefined) latencies.push(performance.now() - begun);
  });
  const cost = await forEach(bench, async (contender) => {
    const chats = chatsOf(bench, contender, size);
    await openChats(bench, contender, chats);
    return timed(contender, `steady-${size}`, async () => {
      const received = contender.received(messages);
      await writeSteadily(bench, chats, messages, (text) => written.set(text, performance.now()));
      await received;
    });
  });
  const common = { sessions: size, required: null };
  bench.report({
    ...common,
    id: 'steady_cpu',
    what: `inbound text at ${PER_SECOND} per second, CPU per message`,
    unit: 'ms',
    zapfleet: cost.zapfleet.cpuMs / messages,
    raw: cost.raw && cost.raw.cpuMs / messages,
    sandbox: cost.zapfleet.networkCpuMs / messages,
    detail: { messages },
  });
  bench.report({
    ...common,
    id: 'steady_latency',
    what: `inbound text at ${PER_SECOND} per second, phone to event, p99`,
    unit: 'ms',
    zapfleet: percentile(latencies, 0.99),
    raw: null,
    sandbox: null,
    detail: { p50: Number(median(latencies).toFixed(1)), messages: latencies.length },
  });
}

/** The same, but a webhook brings each text to a receiver: from when it is written to the first bytes of the webhook. */
export async function measureSteadyWebhook(bench: Bench, size: number, receiver: WebhookReceiver): Promise<void> {
  const { extent, zapfleet, timed } = bench;
  const messages = extent.steadySeconds * PER_SECOND;
  const begun = new Map<string, bigint>();
  const chats = chatsOf(bench, zapfleet, size);
  await openChats(bench, zapfleet, chats);
  await using _webhook = await zapfleet.callWebhook(receiver.url);
  let latencies: number[] = [];
  const window = await timed(zapfleet, `steady_webhook-${size}`, async () => {
    const received = Promise.all([receiver.received(messages), zapfleet.received(messages)]);
    await writeSteadily(bench, chats, messages, (text) => begun.set(text, process.hrtime.bigint()));
    const [arrivals] = await received;
    latencies = arrivals.map(({ text, at }) => Number(at - (begun.get(text) ?? at)) / 1e6);
  });
  bench.report({
    ...{ id: 'steady_webhook_latency', sessions: size, unit: 'ms', required: { atMost: 50 } },
    what: `inbound text at ${PER_SECOND} per second, phone to first byte of the webhook, p99`,
    ...{ zapfleet: percentile(latencies, 0.99), raw: null, sandbox: null },
    detail: { p50: Number(median(latencies).toFixed(1)), messages, cpuMs: window.cpuMs / messages },
  });
}

/** `begin` is called with each text before it is written. */
async function writeSteadily(
  { network }: Bench,
  chats: readonly Chat[],
  messages: number,
  begin: (text: string) => void,
): Promise<void> {
  const begun = performance.now();
  for (let first = 0; first < messages; first += AT_ONCE) {
    const letters = Array.from({ length: AT_ONCE }, (_, index) => {
      const chat = chats[(first + index) % chats.length];
      if (chat === undefined) throw new Error('there is no chat');
      return { from: chat.person, to: chat.account, text: `Number ${first + index}`, count: 1 };
    });
    for (const { text } of letters) begin(text);
    await network.write(letters);
    const next = begun + (first / AT_ONCE + 1) * EVERY_MS;
    await pause(Math.max(0, next - performance.now()));
  }
}
