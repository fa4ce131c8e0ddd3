/** Texts in groups: those of others come in, and the fleet's own leave through REST. */
import { type Bench, forEach } from '../bench.ts';
import type { Contender, Outgoing } from '../contender.ts';
import type { Group, Letter, Phone } from '../network.ts';
import { atRest } from '../process-usage.ts';
import { median } from '../statistics.ts';

type GroupChat = { readonly session: number; readonly group: Group; readonly others: readonly Phone[] };

/** Founds them anew, each with one account of the fleet, and has everybody write once: all have each other's keys then. */
async function openGroups(bench: Bench, contender: Contender, size: number): Promise<GroupChat[]> {
  const { extent, network, people } = bench;
  const chats: GroupChat[] = [];
  for (let at = 0; at < extent.groups; at += 1) {
    const session = at % size;
    const account = contender.fleet[session];
    if (account === undefined) throw new Error('there is no such session');
    const others = Array.from({ length: extent.peoplePerGroup }, (_, one) => {
      const person = people[(at * extent.peoplePerGroup + one) % people.length];
      if (person === undefined) throw new Error('there is nobody');
      return person;
    });
    chats.push({ session, others, group: await network.newGroup([...others, account]) });
  }
  const received = contender.received(extent.groups * extent.peoplePerGroup);
  await network.write(lettersTo(chats, extent.peoplePerGroup));
  await received;
  await contender.send(messagesTo(chats, 1));
  await atRest(contender.pid);
  return chats;
}

/** `count` in each group, its people in turns. */
function lettersTo(chats: readonly GroupChat[], count: number): Letter[] {
  return chats.flatMap(({ group, others }) =>
    others.map((from) => ({ from, to: group, text: 'Who brings the cake?', count: count / others.length })),
  );
}

function messagesTo(chats: readonly GroupChat[], count: number): Outgoing[] {
  return Array.from({ length: count }, (_, index) =>
    chats.map(({ session, group }) => ({ session, to: group, text: `I bring ${index + 1} of them.` })),
  ).flat();
}

export async function measureGroupInbound(bench: Bench, size: number): Promise<void> {
  const { network, extent } = bench;
  await measure(bench, size, 'group_inbound', 'text received in a group, CPU per message', 1, (chats) => ({
    before: async () => {
      await network.hold();
      await network.write(lettersTo(chats, extent.messagesPerGroup));
    },
    work: async (contender) => {
      const received = contender.received(extent.groups * extent.messagesPerGroup);
      await network.release();
      await received;
    },
  }));
}

export async function measureGroupOutbound(bench: Bench, size: number): Promise<void> {
  const what = 'text sent to a group through REST, CPU per message';
  await measure(bench, size, 'group_outbound', what, 3.5, (chats) => ({
    before: () => Promise.resolve(),
    work: (contender) => contender.send(messagesTo(chats, bench.extent.messagesPerGroup)),
  }));
}

type Round = { readonly before: () => Promise<void>; readonly work: (contender: Contender) => Promise<unknown> };

async function measure(
  bench: Bench,
  size: number,
  id: 'group_inbound' | 'group_outbound',
  what: string,
  atMost: number,
  roundWith: (chats: readonly GroupChat[]) => Round,
): Promise<void> {
  const { extent, timed } = bench;
  const messages = extent.groups * extent.messagesPerGroup;
  const cost = await forEach(bench, async (contender) => {
    const { before, work } = roundWith(await openGroups(bench, contender, size));
    const rounds: number[] = [];
    const sandbox: number[] = [];
    for (let round = 0; round < extent.rounds; round++) {
      await before();
      const window = await timed(contender, `${id}-${size}`, () => work(contender));
      rounds.push(window.cpuMs / messages);
      sandbox.push(window.networkCpuMs / messages);
    }
    return { rounds, sandbox };
  });
  bench.report({
    ...{ id: `${id}_cpu`, what, sessions: size, unit: 'ms', required: { atMost } },
    zapfleet: median(cost.zapfleet.rounds),
    raw: cost.raw && median(cost.raw.rounds),
    sandbox: median(cost.zapfleet.sandbox),
    detail: {
      ...{ messages, groups: extent.groups, membersEach: extent.peoplePerGroup + 1 },
      ...{ rounds: cost.zapfleet.rounds, rawRounds: cost.raw && cost.raw.rounds },
    },
  });
}
