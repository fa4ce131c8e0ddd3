/** The other half of a person, number or LID, where this session knows it. No network is asked. */
import type { KnownIdentity, Lid, PhoneNumber } from '../../domain/identity.ts';
import type { EngineChat } from '../../ports/engine.ts';
import type { KeyStore } from './key-store.ts';

export async function completed(known: KnownIdentity, keys: KeyStore): Promise<KnownIdentity> {
  const { phoneNumber, lid } = known;
  if (phoneNumber && !lid) {
    const user = await keys.lidOf(phoneNumber);
    return user === undefined ? known : pairOf(phoneNumber, user);
  }
  if (lid && !phoneNumber) {
    const user = userOf(lid);
    const number = await keys.phoneNumberOf(user);
    return number === undefined ? known : pairOf(number, user);
  }
  return known;
}

/** Many at once, in their order. */
export async function allCompleted(people: readonly KnownIdentity[], keys: KeyStore): Promise<KnownIdentity[]> {
  const halves = people.filter(({ phoneNumber, lid }) => (phoneNumber === null) !== (lid === null));
  if (halves.length === 0) return [...people];
  const { lids, numbers } = await keys.otherHalves({
    phoneNumbers: halves.flatMap(({ phoneNumber }) => phoneNumber ?? []),
    lidUsers: halves.flatMap(({ lid }) => (lid ? [userOf(lid)] : [])),
  });
  return people.map((known) => {
    const { phoneNumber, lid } = known;
    const user = phoneNumber && !lid ? lids.get(phoneNumber) : undefined;
    if (phoneNumber && user !== undefined) return pairOf(phoneNumber, user);
    const number = lid && !phoneNumber ? numbers.get(userOf(lid)) : undefined;
    return lid && number !== undefined ? pairOf(number, userOf(lid)) : known;
  });
}

export async function completedChat(chat: EngineChat, keys: KeyStore): Promise<EngineChat> {
  return chat.kind === 'person' ? { kind: 'person', identity: await completed(chat.identity, keys) } : chat;
}

/** From the user parts that Baileys stores. */
export function pairOf(phoneNumber: string, lidUser: string): KnownIdentity {
  return { phoneNumber: phoneNumber as PhoneNumber, lid: `${lidUser}@lid` as Lid };
}

function userOf(lid: Lid): string {
  return lid.slice(0, lid.indexOf('@'));
}
