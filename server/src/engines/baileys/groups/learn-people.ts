/** Numbers and LIDs that a group names together, kept where they were not known: receipts and messages name only one of them. */
import type { GroupParticipant } from 'baileys';
import { bothOf } from '../envelope.ts';
import type { KeyStore } from '../key-store.ts';

export async function learnPeople(participants: readonly GroupParticipant[], keys: KeyStore): Promise<void> {
  const pairs = participants.flatMap(({ id, phoneNumber: number, lid: other }) => {
    const { phoneNumber, lid } = bothOf(id, [number, other]);
    return phoneNumber && lid ? [{ phoneNumber, lidUser: lid.slice(0, lid.indexOf('@')) }] : [];
  });
  if (pairs.length === 0) return;
  const { lids } = await keys.otherHalves({ phoneNumbers: pairs.map(({ phoneNumber }) => phoneNumber), lidUsers: [] });
  keys.learnQuietly(pairs.filter(({ phoneNumber, lidUser }) => lids.get(phoneNumber) !== lidUser));
}
