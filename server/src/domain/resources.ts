/** Stored records as the outside sees them. */
import type { Identity, Ignore, Message, PollResult, SentMessage, Session, SessionStatus } from '@zapfleet/contract';
import { identityBlock, type KnownIdentity } from './identity.ts';
import type { MessageRecord } from './message.ts';
import { isInForce, noLimits, type Restriction } from './send-gate.ts';
import type { SessionRecord, SessionState } from './session.ts';

/** What a session takes from the server where it sets nothing itself. */
export type SessionDefaults = { ignore: Ignore; nodeId: string | null };

export const isoTime = (ms: number): string => new Date(ms).toISOString();
export const isoTimeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

export function causeOf(state: SessionState): Session['cause'] {
  return 'cause' in state ? state.cause : null;
}

/** The record as it is at this moment: a restriction that is over is none. */
export function asOf(record: SessionRecord, now: number): SessionRecord {
  const isOver = record.restriction !== null && !isInForce(record.restriction, now);
  return isOver ? { ...record, restriction: null } : record;
}

function restrictionResource({ scope, since, until, reason }: Restriction): Session['restriction'] & object {
  return { scope, since: isoTime(since), until: isoTimeOrNull(until), reason };
}

export function sessionResource(record: SessionRecord, defaults: SessionDefaults): Session {
  const { state } = record;
  return {
    id: record.id,
    name: record.name,
    label: record.settings.label,
    tenantId: record.tenantId,
    engine: record.engine,
    network: record.network,
    timeZone: record.timeZone,
    desired: record.desired,
    state: state.name,
    stateSince: isoTime(state.since),
    cause: causeOf(state),
    health: state.name === 'connected' ? state.health : null,
    linked: record.linked,
    account: record.account,
    limits: record.settings.limits ?? noLimits,
    restriction: record.restriction && restrictionResource(record.restriction),
    ignore: { ...defaults.ignore, ...record.settings.ignore },
    autoCleanupOnLogout: record.settings.autoCleanupOnLogout,
    commands: { enabled: null, prefix: null, groups: null, ...record.settings.commands },
    headless: record.settings.headless ?? null,
    proxy: record.settings.proxy ?? null,
    metadata: record.settings.metadata,
    retryAt: state.name === 'waiting' ? isoTime(state.retryAt) : null,
    attempt: state.name === 'waiting' || state.name === 'linking' ? state.attempt : null,
    createdAt: isoTime(record.createdAt),
    updatedAt: isoTime(record.updatedAt),
    connectedAt: isoTimeOrNull(record.connectedAt),
    nodeId: defaults.nodeId,
  };
}

export function sessionStatus(record: SessionRecord): SessionStatus {
  const { state } = record;
  return {
    id: record.id,
    name: record.name,
    state: state.name,
    ready: state.name === 'connected' && state.health.status === 'ok',
    cause: causeOf(state),
    health: state.name === 'connected' ? state.health : null,
    since: isoTime(state.since),
    ...(state.name === 'waiting' && { retryAt: isoTime(state.retryAt) }),
    ...(record.account && { account: record.account }),
    ...(record.restriction && { restriction: restrictionResource(record.restriction) }),
    lastInboundAt: isoTimeOrNull(record.lastInboundAt),
    lastOutboundAt: isoTimeOrNull(record.lastOutboundAt),
  };
}

export function messageResource(record: MessageRecord): Message {
  const { content } = record;
  const reactions = record.reactions.flatMap(({ from, emoji, at }) =>
    emoji === null ? [] : [{ from: identityBlock(from).jid, emoji, at: isoTime(at) }],
  );
  return {
    id: record.id,
    waId: record.waId,
    sessionId: record.sessionId,
    direction: record.direction,
    chat: record.chat,
    from: identityIn(record.chat, record.from),
    to: identityIn(record.chat, record.to),
    type: content.type,
    content,
    ...(record.quotedId && { quotedId: record.quotedId }),
    status: record.status,
    ...(record.error && { error: record.error }),
    ...(record.offline && { offline: true }),
    ...(record.forwarded && { forwarded: true }),
    ...(record.viewOnce && { viewOnce: true }),
    ...(record.ephemeralSeconds !== null && { ephemeralSeconds: record.ephemeralSeconds }),
    ...(record.editedAt !== null && { editedAt: isoTime(record.editedAt) }),
    ...(record.revokedAt !== null && { revokedAt: isoTime(record.revokedAt) }),
    ...(reactions.length > 0 && { reactions }),
    ...(content.type === 'poll' && { pollResults: pollResults(content.options, record) }),
    timestamp: isoTime(record.timestamp),
    createdAt: isoTime(record.createdAt),
  };
}

function pollResults(options: readonly string[], { votes }: MessageRecord): PollResult[] {
  return options.map((option) => ({
    option,
    voters: votes.filter((vote) => vote.options.includes(option)).map(({ from }) => identityBlock(from).jid),
  }));
}

/** Who wrote a message or whom it is for. Where that is no person, it is the chat itself: a group, a channel. */
export function identityIn(chat: string, known: KnownIdentity): Identity {
  const block = identityBlock(known);
  return block.jid === '' ? { ...block, jid: chat } : block;
}

export function sentMessage(record: MessageRecord): SentMessage {
  return {
    id: record.id,
    waId: record.waId,
    to: identityIn(record.chat, record.to),
    status: record.status,
    timestamp: isoTime(record.timestamp),
  };
}
