/** One run from its first process to its last. */
import { resolve } from 'node:path';
import { type Bench, forEach } from './bench.ts';
import type { Figure } from './figure.ts';
import { measureGroupInbound, measureGroupOutbound } from './measures/groups.ts';
import { measureIdle } from './measures/idle.ts';
import { measureInbound } from './measures/inbound.ts';
import { measureList } from './measures/list.ts';
import { measureOutbound } from './measures/outbound.ts';
import { grow, measurePairing } from './measures/pairing.ts';
import { measureRestore } from './measures/restore.ts';
import { measureSteady, measureSteadyWebhook } from './measures/steady.ts';
import { emptyRaw, emptyServer, startFigures } from './measures/start.ts';
import { startNetwork } from './network.ts';
import type { Options } from './options.ts';
import { type Step, planOf } from './plan.ts';
import { atRest } from './process-usage.ts';
import { inspectorArgs, profiled } from './profiler.ts';
import { stopPrograms } from './program.ts';
import { startRaw } from './raw.ts';
import { temporaryFolders } from './temporary-folders.ts';
import { timed } from './timed.ts';
import { startWebhookReceiver } from './webhooks.ts';
import { startZapfleet } from './zapfleet.ts';

export type Listener = {
  readonly report: (figure: Figure) => void;
  /** What is being done, for a person who waits. */
  readonly progress: (sentence: string) => void;
};

/** All that it starts is owned by `resources`, also when it fails half-way. */
export async function run(options: Options, resources: AsyncDisposableStack, listener: Listener): Promise<void> {
  const { report, progress } = listener;
  const { extent, steps } = planOf(options);
  const newFolder = await temporaryFolders(resources);
  resources.defer(stopPrograms);
  const network = resources.use(await startNetwork(await newFolder()));

  progress(`${extent.starts} starts of an empty process`);
  const empty = {
    zapfleet: await emptyServer(network, newFolder, extent.starts),
    raw: options.alone ? null : await emptyRaw(network, newFolder, extent.starts),
  };
  if (options.measures.includes('start')) for (const figure of startFigures(empty, extent.starts)) report(figure);
  if (steps.length === 0) return;

  const profile = options.profile === null ? null : resolve(options.profile);
  const server = { network, folder: await newFolder(), nodeArgs: profile === null ? [] : inspectorArgs };
  const zapfleet = resources.use(await startZapfleet(server, empty.zapfleet.cpuMs));
  const raw = options.alone ? null : resources.use(await startRaw(network, await newFolder()));

  const bench: Bench = {
    extent,
    network,
    zapfleet,
    raw,
    empty,
    people: await network.newPhones(extent.chats),
    timed: (contender, label, work) => {
      if (profile === null || contender !== zapfleet) return timed(network, contender, work);
      // Only the work: a process that is being sampled does not come to rest.
      return timed(network, contender, () => profiled(zapfleet.server.program, profile, label, work));
    },
    receiver: resources.use(await startWebhookReceiver(await newFolder())),
    report,
  };
  for (const step of steps) await take(bench, step, progress);
}

async function take(bench: Bench, { size, measures }: Step, progress: Listener['progress']): Promise<void> {
  progress(`pairing up to ${size} ${size === 1 ? 'session' : 'sessions'}`);
  if (measures.includes('pairing')) await measurePairing(bench, size);
  else await grow(bench, size);
  await forEach(bench, ({ pid }) => atRest(pid));

  const restored = measures.includes('restore');
  if (restored || measures.includes('idle')) {
    progress(`restoring ${size}`);
    await measureRestore(bench, size, restored);
  }
  if (measures.includes('idle')) {
    progress(`watching ${size} idle for ${bench.extent.idleSeconds} s`);
    await measureIdle(bench, size);
  }
  if (measures.includes('list')) {
    progress('listing sessions');
    await measureList(bench, size);
  }
  if (measures.includes('inbound')) {
    progress(`receiving with ${size}`);
    await measureInbound(bench, size);
  }
  if (measures.includes('inbound_webhook')) {
    progress(`receiving with ${size}, to a webhook`);
    await measureInbound(bench, size, bench.receiver);
  }
  if (measures.includes('outbound')) {
    progress(`sending with ${size}`);
    await measureOutbound(bench, size);
  }
  if (measures.includes('group_inbound')) {
    progress(`receiving in groups with ${size}`);
    await measureGroupInbound(bench, size);
  }
  if (measures.includes('group_outbound')) {
    progress(`sending to groups with ${size}`);
    await measureGroupOutbound(bench, size);
  }
  if (measures.includes('steady')) {
    progress(`receiving steadily with ${size}`);
    await measureSteady(bench, size);
  }
  if (measures.includes('steady_webhook')) {
    progress(`receiving steadily with ${size}, to a webhook`);
    await measureSteadyWebhook(bench, size, bench.receiver);
  }
}
