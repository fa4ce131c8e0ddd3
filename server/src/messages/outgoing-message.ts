/** A message of ours before its first attempt. */
import { randomBytes } from 'node:crypto';
import type { MessageContent, MessageId } from '@zapfleet/contract';
import { identityBlock, type KnownIdentity, nobody } from '../domain/identity.ts';
import { type MessageRecord, type MessageTraits, plain } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import { ownIdentity } from './own-identity.ts';

/** A person, or a group by its JID. */
export type Destination = { kind: 'person'; identity: KnownIdentity } | { kind: 'group'; jid: string };

export type Outgoing = {
  id: MessageId;
  to: Destination;
  content: MessageContent;
  quoted: MessageRecord | null;
  traits: Partial<MessageTraits>;
};

export function outgoingMessage(
  session: SessionRecord,
  { id, to, content, quoted, traits }: Outgoing,
  now: number,
): MessageRecord {
  return {
    ...plain,
    id,
    sessionId: session.id,
    tenantId: session.tenantId,
    waId: makeWaId(),
    direction: 'out',
    chat: to.kind === 'group' ? to.jid : identityBlock(to.identity).jid,
    from: ownIdentity(session),
    to: to.kind === 'group' ? nobody : to.identity,
    content,
    quotedWaId: quoted?.waId ?? null,
    quotedId: quoted?.id ?? null,
    status: 'queued',
    error: null,
    offline: false,
    timestamp: now,
    createdAt: now,
    ...traits,
  };
}

/** The chat of a message, as somewhere to write to. */
export function chatOf({ chat, direction, from, to }: MessageRecord): Destination {
  if (chat.endsWith('@g.us')) return { kind: 'group', jid: chat };
  return { kind: 'person', identity: direction === 'in' ? from : to };
}

/** The form that WhatsApp Web itself uses: a prefix and 18 hexadecimal digits. */
const makeWaId = (): string => `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
