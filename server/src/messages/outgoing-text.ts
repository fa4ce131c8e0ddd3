/** A text message of ours before its first attempt. */
import { randomBytes } from 'node:crypto';
import type { MessageId } from '@zapfleet/contract';
import { identityBlock, type KnownIdentity } from '../domain/identity.ts';
import { type MessageRecord, plain } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import { ownIdentity } from './own-identity.ts';

export type OutgoingText = {
  id: MessageId;
  to: KnownIdentity;
  text: string;
  /** JIDs. */
  mentions: string[];
  quoted: MessageRecord | null;
};

export function outgoingText(
  session: SessionRecord,
  { id, to, text, mentions, quoted }: OutgoingText,
  now: number,
): MessageRecord {
  return {
    id,
    sessionId: session.id,
    tenantId: session.tenantId,
    waId: makeWaId(),
    direction: 'out',
    chat: identityBlock(to).jid,
    from: ownIdentity(session),
    to,
    content: { type: 'text', text, mentions },
    quotedWaId: quoted?.waId ?? null,
    quotedId: quoted?.id ?? null,
    status: 'queued',
    error: null,
    offline: false,
    timestamp: now,
    createdAt: now,
    ...plain,
  };
}

/** The form that WhatsApp Web itself uses: a prefix and 18 hexadecimal digits. */
const makeWaId = (): string => `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
