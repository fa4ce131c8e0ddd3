/** What is learnt of people: the write that keeps it, and what is told of it. Pure. */
import { identityBlock, type KnownIdentity } from '../domain/identity.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { ContactChange, EventDraft, Write } from '../ports/store.ts';
import { about } from './telling.ts';

/** `news`: whether others are told of what that changed. */
export function learn(
  session: SessionRecord,
  identity: KnownIdentity,
  pushName: string | null,
  now: number,
  news = true,
): Write {
  const write = { kind: 'contact.upsert', sessionId: session.id, identity, pushName } as const;
  return news ? { ...write, tell: (change: ContactChange) => whatIsNew(session, change, now) } : write;
}

function whatIsNew(
  session: SessionRecord,
  { identity, pushName, resolved, renamed }: ContactChange,
  now: number,
): EventDraft[] {
  const contact = identityBlock(identity);
  return [
    ...(resolved ? [{ ...about(session, now), type: 'contact.identity_resolved' as const, data: { contact } }] : []),
    ...(renamed ? [{ ...about(session, now), type: 'contact.updated' as const, data: { contact, pushName } }] : []),
  ];
}
