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
    const user = lid.slice(0, lid.indexOf('@'));
    const number = await keys.phoneNumberOf(user);
    return number === undefined ? known : pairOf(number, user);
  }
  return known;
}

export async function completedChat(chat: EngineChat, keys: KeyStore): Promise<EngineChat> {
  return chat.kind === 'person' ? { kind: 'person', identity: await completed(chat.identity, keys) } : chat;
}

/** From the user parts that Baileys stores. */
export function pairOf(phoneNumber: string, lidUser: string): KnownIdentity {
  return { phoneNumber: phoneNumber as PhoneNumber, lid: `${lidUser}@lid` as Lid };
}
