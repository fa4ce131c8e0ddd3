/** A group in our words. */
import type { GroupMetadata, GroupParticipant } from 'baileys';
import type { EngineGroup } from '../../../ports/engine.ts';
import { bothOf } from '../envelope.ts';
import type { KeyStore } from '../key-store.ts';
import { allCompleted } from '../people.ts';

export async function readGroup(group: GroupMetadata, keys: KeyStore): Promise<EngineGroup> {
  const { owner, ownerPn, participants } = group;
  const people = participants.map(({ id, phoneNumber, lid }) => bothOf(id, [phoneNumber, lid]));
  const [creator, ...identities] = await allCompleted([bothOf(owner, [ownerPn]), ...people], keys);
  const isKnown = creator && (creator.phoneNumber !== null || creator.lid !== null);
  return {
    jid: group.id,
    subject: group.subject,
    description: group.desc || null,
    owner: isKnown ? creator : null,
    createdAt: group.creation ? group.creation * 1000 : null,
    announce: group.announce === true,
    locked: group.restrict === true,
    ephemeralSeconds: group.ephemeralDuration ?? 0,
    participants: identities.map((identity, index) => ({ identity, role: roleOf(participants[index]) })),
  };
}

function roleOf(participant: GroupParticipant | undefined): 'member' | 'admin' | 'owner' {
  if (participant?.admin === 'superadmin') return 'owner';
  return participant?.admin === 'admin' ? 'admin' : 'member';
}
