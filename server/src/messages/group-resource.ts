/** A group as the outside sees it. */
import type { Group } from '@zapfleet/contract';
import { identityBlock, type KnownIdentity } from '../domain/identity.ts';
import { isoTimeOrNull } from '../domain/resources.ts';
import type { EngineGroup } from '../ports/engine.ts';

/** `resolve` completes what is known of somebody. */
export async function groupResource(
  group: EngineGroup,
  resolve: (identity: KnownIdentity) => Promise<KnownIdentity>,
): Promise<Group> {
  const { jid, subject, description, owner, createdAt, announce, locked, participants } = group;
  return {
    id: jid,
    subject,
    description,
    owner: owner && identityBlock(await resolve(owner)),
    createdAt: isoTimeOrNull(createdAt),
    announce,
    locked,
    participants: await Promise.all(
      participants.map(async ({ identity, role }) => ({ ...identityBlock(await resolve(identity)), role })),
    ),
  };
}
