/** Outgoing messages, and what is done to them: accepted means stored. How they leave is in departures.ts. */
import type { EditMessage, MessageId, NewId, SendMessage, SessionStateName } from '@zapfleet/contract';
import { isAmendment } from '../domain/amendment.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import { jidOf } from '../domain/identity.ts';
import { isLost, isUnsent, type MessageRecord, type MessageTraits } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { Capability, EngineRun } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { MessageMedia } from '../ports/media.ts';
import type { Change, Store, TenantShare } from '../ports/store.ts';
import { createDepartures } from './departures.ts';
import { draftContent, mentionJid } from './draft.ts';
import { toldOf } from './effect.ts';
import { createExpiry } from './expiry.ts';
import { createGatekeeper, type Gatekeeper, type OnLimit } from './gatekeeper.ts';
import { needsOf } from './needs.ts';
import type { ChangeOutcome, Outbox, SendRequest } from './outbox-api.ts';
import { chatOf, type Destination, type Outgoing, outgoingMessage } from './outgoing-message.ts';
import { createRecipients } from './recipients.ts';
import { requireChangeable, requireTarget } from './targets.ts';
import { createTenantQuota } from './tenant-quota.ts';
import { WaitingRequests } from './waiting-requests.ts';

const IDEMPOTENCY_MS = 24 * 3_600_000;

export type OutboxParts = {
  store: Store;
  clock: Clock;
  newId: NewId;
  log: Log;
  media: Pick<MessageMedia, 'accept' | 'preview' | 'outgoing' | 'previewImage' | 'forget'>;
  /** Whether the engine of a session can do something, whether it is online or not. */
  can(session: SessionRecord, capability: Capability): boolean;
  /** When a message is given up, where it does not say so itself. */
  expiryMs: number;
};

export type RunningOutbox = Outbox & {
  /** The session can send through this run: what waits leaves. */
  online(session: SessionRecord, run: EngineRun): void;
  offline(session: SessionRecord): void;
  /** What follows of WhatsApp's word that it restricts this account. */
  restricted: Gatekeeper['restricted'];
  /** A message that is stored already leaves as soon as its session can send. */
  deliver(stored: MessageRecord): void;
  /** Gives up from now on what could not be sent in its time. */
  start(): void;
  close(): void;
};

export function createOutbox({ store, clock, newId, log, media, can, expiryMs }: OutboxParts): RunningOutbox {
  const requests = new WaitingRequests(clock);
  const recipients = createRecipients({ store, clock, log });
  const quota = createTenantQuota({ store, clock });
  const gate = createGatekeeper({ store, clock, log, random: Math.random });
  const departures = createDepartures({
    ...{ store, clock, log, media, recipients, can, gate },
    onSettled: (message) => requests.settle(message),
  });
  const expiry = createExpiry({
    ...{ store, clock, log },
    giveUp: (session, message) => departures.conclude(session, message, { status: 'expired' }),
  });

  async function send(session: SessionRecord, request: SendRequest): Promise<MessageRecord> {
    const repeated = await findRepeated(session, request);
    if (repeated) return isUnsent(repeated.status) ? requests.wait(repeated, request.waitMs) : repeated;
    requireSendable(session);
    const { message } = request;
    const target = 'messageId' in message ? await requireTarget(store, session, message) : null;
    const to = target ? chatOf(target) : await destination(session, message);
    requireCapabilities(session, needsOf(message, to.kind === 'group'));
    const quoted = 'quoted' in message && message.quoted ? await quotedBy(session, message.quoted) : null;
    const { content, kept } = await draftContent(session, message, target, media);
    const traits = await traitsOf(session, message, to, target);
    const drafted = outgoingMessage(session, { id: newId('msg'), to, content, quoted, traits }, clock.now());
    const { idempotencyKey, bodyHash } = request;
    const { notBefore, writes, share } = await admit(session, drafted, request.onLimit ?? 'refuse').catch(
      async (error: unknown) => {
        await kept?.discard();
        throw error;
      },
    );
    // What waits for another day is given up no sooner after it than any other; and its request has nothing to wait for.
    const isLonger = notBefore !== null && message.expirySeconds === undefined;
    const record = isLonger ? { ...drafted, notBefore, expiresAt: notBefore + expiryMs } : { ...drafted, notBefore };
    const waitMs = notBefore === null ? request.waitMs : 0;
    const stored = await accept(record, share, writes, [
      ...(kept?.writes(record.id) ?? []),
      ...(idempotencyKey === null ? [] : [remember(idempotencyKey, bodyHash, record)]),
    ]).catch(async (error: unknown) => {
      await kept?.discard();
      throw error;
    });
    if (stored) return settle(record, stored, waitMs);
    // The same key from a request at the same moment is in the way, the upload is gone, or the day is full: the next look says which.
    await kept?.discard();
    return send(session, request);
  }

  /** By the limit of the tenant, and by those of the session. */
  async function admit(session: SessionRecord, message: MessageRecord, onLimit: OnLimit) {
    const share = isAmendment(message.content) ? null : await quota.share(session.tenantId);
    if (share) await quota.requireRoom(session, share);
    return { ...(await gate.admit(session, message, onLimit)), share };
  }

  /** null: something that is required was in the way, and nothing is stored. */
  async function accept(
    record: MessageRecord,
    share: TenantShare | null,
    slot: Change,
    others: Change,
  ): Promise<MessageRecord | null> {
    // Who can send begins at once: one write less than to queue it first. The answer still calls it queued until it is acknowledged.
    const stored: MessageRecord = departures.canLeaveAtOnce(record) ? { ...record, status: 'sending' } : record;
    const { committed } = await store.commit([
      // Before the message, which is none of those that were sent before it.
      ...slot,
      { kind: 'message.insert', record: stored, share, required: true },
      ...others,
    ]);
    return committed ? stored : null;
  }

  /** Resolves with what became of it within `ms`. */
  function settle(record: MessageRecord, stored: MessageRecord, ms: number): Promise<MessageRecord> {
    const outcome = requests.wait(record, ms);
    deliver(stored);
    return outcome;
  }

  function deliver(stored: MessageRecord): void {
    if (stored.expiresAt !== null) expiry.expect(stored.expiresAt);
    departures.depart(stored);
  }

  async function findRepeated(session: SessionRecord, request: SendRequest): Promise<MessageRecord | null> {
    if (request.idempotencyKey === null) return null;
    const known = await store.idempotency.get(session.id, request.idempotencyKey, clock.now());
    if (!known) return null;
    if (known.bodyHash !== request.bodyHash) throw new GatewayError('idempotency_key_reused');
    const message = await store.messages.get(known.messageId, session.tenantId);
    // The same answer as the first time: that it has been read since is told elsewhere.
    return message && !isUnsent(message.status) && !isLost(message.status) ? { ...message, status: 'sent' } : message;
  }

  function remember(key: string, bodyHash: string, record: MessageRecord): Change[number] {
    const { sessionId, id: messageId, createdAt } = record;
    const expiresAt = createdAt + IDEMPOTENCY_MS;
    return { kind: 'idempotency.insert', sessionId, key, bodyHash, messageId, expiresAt, required: true };
  }

  function destination(session: SessionRecord, message: SendMessage): Promise<Destination> {
    return recipients.find(session, message.to ?? '', departures.runOf(session));
  }

  async function quotedBy(session: SessionRecord, id: MessageId): Promise<MessageRecord> {
    const quoted = await store.messages.get(id, session.tenantId);
    if (quoted?.sessionId !== session.id) throw new GatewayError('quoted_message_not_found');
    return quoted;
  }

  function requireCapabilities(session: SessionRecord, needs: readonly Capability[]): void {
    const capability = needs.find((one) => !can(session, one));
    if (capability === undefined) return;
    const message = `The engine of this session cannot do this: ${capability}.`;
    throw new GatewayError('not_supported_by_engine', message, { capability });
  }

  async function traitsOf(
    session: SessionRecord,
    message: SendMessage,
    to: Destination,
    target: MessageRecord | null,
  ): Promise<Partial<MessageTraits>> {
    const { expirySeconds } = message;
    const expiresAt = clock.now() + (expirySeconds === undefined ? expiryMs : expirySeconds * 1000);
    if (target) return { expiresAt, targetWaId: target.waId };
    const { ephemeralSeconds } = message as { ephemeralSeconds?: number };
    return {
      expiresAt,
      forwarded: 'forwarded' in message && message.forwarded === true,
      viewOnce: 'viewOnce' in message && message.viewOnce === true,
      ephemeralSeconds: ephemeralSeconds === undefined ? await usualIn(session, to) : ephemeralSeconds || null,
    };
  }

  /** Messages of a chat disappear as its last one does. */
  async function usualIn(session: SessionRecord, to: Destination): Promise<number | null> {
    if (!can(session, 'ephemeral')) return null;
    const latest = await store.messages.latest(session.id, chatsOf(to));
    return latest?.ephemeralSeconds ?? null;
  }

  async function edit(
    session: SessionRecord,
    message: MessageRecord,
    { text, mentions = [] }: EditMessage,
    waitMs: number,
  ): Promise<ChangeOutcome> {
    requireChangeable(message, 'edit');
    const said = { text, mentions: mentions.map(mentionJid) };
    const content = { ...said, type: 'edit', messageId: message.id } as const;
    if (message.status === 'queued' && (await changedBeforeItLeft(session, message, content))) {
      return { message: await current(message), by: null };
    }
    requireSendable(session);
    requireCapabilities(session, ['edit']);
    return amendBy(session, message, content, waitMs);
  }

  async function revoke(session: SessionRecord, message: MessageRecord, waitMs: number): Promise<ChangeOutcome> {
    if (message.revokedAt !== null || message.status === 'cancelled') return { message, by: null };
    if (message.status === 'queued' && (await departures.conclude(session, message, { status: 'cancelled' }))) {
      return { message: await current(message), by: null };
    }
    // It may have left in this very moment.
    const now = await current(message);
    requireChangeable(now, 'revoke');
    requireSendable(session);
    requireCapabilities(session, ['revoke']);
    return amendBy(session, now, { type: 'revoke', messageId: message.id }, waitMs);
  }

  /** Sends an edit or a revoke behind everything that waits in the chat. */
  async function amendBy(
    session: SessionRecord,
    message: MessageRecord,
    content: Outgoing['content'],
    waitMs: number,
  ): Promise<ChangeOutcome> {
    const now = clock.now();
    const traits = { expiresAt: now + expiryMs, targetWaId: message.waId };
    const to = chatOf(message);
    const record = outgoingMessage(session, { id: newId('msg'), to, content, quoted: null, traits }, now);
    const stored = await accept(record, null, [], []);
    const by = stored ? await settle(record, stored, waitMs) : record;
    return { message: await current(message), by };
  }

  /** Nobody will have seen it otherwise, so nobody is told that it was edited but those who read along here. */
  async function changedBeforeItLeft(
    session: SessionRecord,
    message: MessageRecord,
    edit: Extract<Outgoing['content'], { type: 'edit' }>,
  ): Promise<boolean> {
    const now = clock.now();
    const content = { type: 'text', text: edit.text, mentions: edit.mentions } as const;
    const after: MessageRecord = { ...message, content };
    const events = toldOf(session, { ...message, content: edit, timestamp: now }, after, now);
    const { changed } = await store.commit([
      { kind: 'message.update', id: message.id, from: ['queued'], patch: { content }, events },
    ]);
    return changed[0] ?? false;
  }

  async function current(message: MessageRecord): Promise<MessageRecord> {
    return (await store.messages.get(message.id, message.tenantId)) ?? message;
  }

  return {
    send,
    edit,
    revoke,
    deliver,
    online(session, run) {
      gate.online(session);
      departures.online(session, run);
    },
    offline(session) {
      departures.offline(session);
      gate.offline(session);
    },
    restricted: gate.restricted,
    start: expiry.start,
    close: expiry.close,
  };
}

function chatsOf(to: Destination): string[] {
  if (to.kind === 'group') return [to.jid];
  const { phoneNumber, lid } = to.identity;
  return [...(phoneNumber ? [jidOf(phoneNumber)] : []), ...(lid ? [lid] : [])];
}

function requireSendable({ state, linked }: SessionRecord): void {
  const can = state.name === 'connected' || (linked && (state.name === 'connecting' || state.name === 'waiting'));
  if (!can) throw new GatewayError('session_not_connected', whyNot[state.name], { state: state.name });
}

const whyNot: Record<SessionStateName, string> = {
  stopped: 'The session is stopped. Start it first.',
  connecting: 'The session is not linked to a phone yet.',
  linking: 'The session is not linked to a phone yet: scan its QR code.',
  connected: 'The session is not linked to a phone yet.',
  waiting: 'The session is not linked to a phone yet.',
  logged_out: 'The session was logged out. Start it to link it again.',
  failed: 'The session has failed; its cause says what helps.',
  deleting: 'The session is being deleted.',
};
