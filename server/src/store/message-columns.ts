/** A message as the columns of its row, and back. */
import type { MessageContent, MessageError, MessageId, MessageStatus, SessionId, TenantId } from '@zapfleet/contract';
import { identityBlock, type KnownIdentity, type Lid, type PhoneNumber } from '../domain/identity.ts';
import type { GivenReaction, GivenVote, MessageRecord } from '../domain/message.ts';
import { flag, integer, integerOrNull, json, jsonOrNull, text, textOrNull } from './row.ts';
import type { Row } from './statement.ts';
import type { MessagesTable } from './tables.ts';

/** All but `kept`, which only the engine needs, and `sender`, which repeats what stands in others. */
export const messageColumns = [
  'id',
  'session_id',
  'tenant_id',
  'wa_id',
  'direction',
  'chat',
  'from_phone',
  'from_lid',
  'to_phone',
  'to_lid',
  'content',
  'quoted_wa_id',
  'quoted_id',
  'status',
  'error',
  'offline',
  'timestamp',
  'created_at',
  'target_wa_id',
  'forwarded',
  'view_once',
  'ephemeral_seconds',
  'edited_at',
  'revoked_at',
  'reactions',
  'votes',
  'expires_at',
  'not_before',
] as const satisfies readonly (keyof MessagesTable)[];

export type MessageRow = Omit<MessagesTable, 'kept'>;

export function rowOf(record: MessageRecord): MessageRow {
  return {
    id: record.id,
    session_id: record.sessionId,
    tenant_id: record.tenantId,
    wa_id: record.waId,
    direction: record.direction,
    chat: record.chat,
    sender: identityBlock(record.from).jid,
    from_phone: record.from.phoneNumber,
    from_lid: record.from.lid,
    to_phone: record.to.phoneNumber,
    to_lid: record.to.lid,
    content: JSON.stringify(record.content),
    quoted_wa_id: record.quotedWaId,
    quoted_id: record.quotedId,
    status: record.status,
    error: record.error && JSON.stringify(record.error),
    offline: Number(record.offline),
    timestamp: record.timestamp,
    created_at: record.createdAt,
    target_wa_id: record.targetWaId,
    forwarded: Number(record.forwarded),
    view_once: Number(record.viewOnce),
    ephemeral_seconds: record.ephemeralSeconds,
    edited_at: record.editedAt,
    revoked_at: record.revokedAt,
    reactions: listOrNull(record.reactions),
    votes: listOrNull(record.votes),
    expires_at: record.expiresAt,
    not_before: record.notBefore,
  };
}

export function readMessage(row: Row): MessageRecord {
  return {
    id: text(row, 'id') as MessageId,
    sessionId: text(row, 'session_id') as SessionId,
    tenantId: text(row, 'tenant_id') as TenantId,
    waId: text(row, 'wa_id'),
    direction: text(row, 'direction') as MessageRecord['direction'],
    chat: text(row, 'chat'),
    from: readIdentity(row, 'from_phone', 'from_lid'),
    to: readIdentity(row, 'to_phone', 'to_lid'),
    content: json(row, 'content') as MessageContent,
    quotedWaId: textOrNull(row, 'quoted_wa_id'),
    quotedId: textOrNull(row, 'quoted_id') as MessageId | null,
    status: text(row, 'status') as MessageStatus,
    error: jsonOrNull(row, 'error') as MessageError | null,
    offline: flag(row, 'offline'),
    timestamp: integer(row, 'timestamp'),
    createdAt: integer(row, 'created_at'),
    targetWaId: textOrNull(row, 'target_wa_id'),
    forwarded: flag(row, 'forwarded'),
    viewOnce: flag(row, 'view_once'),
    ephemeralSeconds: integerOrNull(row, 'ephemeral_seconds'),
    editedAt: integerOrNull(row, 'edited_at'),
    revokedAt: integerOrNull(row, 'revoked_at'),
    reactions: (jsonOrNull(row, 'reactions') ?? []) as GivenReaction[],
    votes: (jsonOrNull(row, 'votes') ?? []) as GivenVote[],
    expiresAt: integerOrNull(row, 'expires_at'),
    notBefore: integerOrNull(row, 'not_before'),
  };
}

function listOrNull(list: readonly unknown[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list);
}

function readIdentity(row: Row, phone: string, lid: string): KnownIdentity {
  return { phoneNumber: textOrNull(row, phone) as PhoneNumber | null, lid: textOrNull(row, lid) as Lid | null };
}
