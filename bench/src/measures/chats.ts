/** The same number of chats whatever the size of the fleet: a message then costs the same Signal work in all of them. */
import type { Bench } from '../bench.ts';
import type { Contender, Outgoing } from '../contender.ts';
import type { Letter, Phone } from '../network.ts';
import { atRest } from '../process-usage.ts';

export type Chat = { readonly session: number; readonly account: Phone; readonly person: Phone };

export function chatsOf({ people }: Bench, { fleet }: Contender, size: number): Chat[] {
  return people.flatMap((person, index) => {
    const session = index % size;
    const account = fleet[session];
    return account === undefined ? [] : [{ session, account, person }];
  });
}

/** A message each way: after it both sides have a ratchet, know each other's devices, and their code is warm. */
export async function openChats({ network }: Bench, contender: Contender, chats: readonly Chat[]): Promise<void> {
  const received = contender.received(chats.length);
  await network.write(lettersTo(chats, 1));
  await received;
  await contender.send(messagesFrom(chats, 1));
  await atRest(contender.pid);
}

export function lettersTo(chats: readonly Chat[], count: number): Letter[] {
  return chats.map(({ account, person }) => ({ from: person, to: account, text: 'Good morning, is it ready?', count }));
}

/** Round by round through all chats, as a fleet sends, and not chat by chat. */
export function messagesFrom(chats: readonly Chat[], count: number): Outgoing[] {
  return Array.from({ length: count }, (_, index) =>
    chats.map(({ session, person }) => ({ session, to: person, text: `Yes, you can come by at ${index + 8}:30.` })),
  ).flat();
}
