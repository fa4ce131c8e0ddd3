/**
 * Outgoing messages: accepted means stored. A message waits until its session can send, keeps the order of its chat, and has one WhatsApp
 * id from the first attempt to the last, so that a retry after a crash cannot show it twice.
 */
import type { MessageId, MessageStatus, NewId, SessionId, SessionStateName } from '@zapfleet/contract';
import { GatewayError, invalidField } from '../domain/gateway-error.ts';
import { identityBlock, identityOf, type KnownIdentity, type Lid, type PhoneNumber } from '../domain/identity.ts';
import { isUnsent, type MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineRun, OutgoingContent, QuotedMessage } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { Change, Store } from '../ports/store.ts';
import type { Outbox, SendRequest } from './outbox-api.ts';
import { outgoingText } from './outgoing-text.ts';
import { parseRecipient } from './recipient.ts';
import { advance, type Transition } from './transition.ts';

const IDEMPOTENCY_MS = 24 * 3_600_000;

export type OutboxParts = { store: Store; clock: Clock; newId: NewId; log: Log };

export type RunningOutbox = Outbox & {
  /** The session can send through this run: what waits leaves. */
  online(session: SessionRecord, run: EngineRun): void;
  offline(session: SessionRecord): void;
  /** A message that is stored already leaves as soon as its session can send. */
  deliver(stored: MessageRecord): void;
};

/** A session that can send. */
type Carrier = {
  session: SessionRecord;
  run: EngineRun;
  /** Messages of one chat leave one after another: the last promise of each. */
  chats: Map<string, Promise<void>>;
  taken: Set<MessageId>;
  /** Resolves when what waited was taken: only then may new messages follow it. */
  caughtUp: Promise<void>;
};

export function createOutbox({ store, clock, newId, log }: OutboxParts): RunningOutbox {
  const carriers = new Map<SessionId, Carrier>();
  /** Requests that wait for the outcome of their message. */
  const waiting = new Map<MessageId, Set<(message: MessageRecord) => void>>();

  async function send(session: SessionRecord, request: SendRequest): Promise<MessageRecord> {
    const repeated = await findRepeated(session, request);
    if (repeated) return isUnsent(repeated.status) ? settled(repeated, request.waitMs) : repeated;
    requireSendable(session);
    const to = await resolveRecipient(session, request.to);
    const record = await draft(session, to, request);
    const carrier = carriers.get(session.id);
    // Who can send begins at once: one write less than to queue it first. The answer still calls it queued until it is acknowledged.
    const stored: MessageRecord = carrier ? { ...record, status: 'sending' } : record;
    const { committed } = await store.commit([
      { kind: 'message.insert', record: stored, required: true },
      ...(request.idempotencyKey === null ? [] : [remember(request.idempotencyKey, request.bodyHash, record)]),
    ]);
    // Only the same key from a request at the same moment can be in the way here.
    if (!committed) return send(session, request);
    const outcome = settled(record, request.waitMs);
    deliver(stored);
    return outcome;
  }

  function deliver(record: MessageRecord): void {
    const carrier = carriers.get(record.sessionId);
    if (carrier) void carrier.caughtUp.then(() => take(carrier, record));
  }

  async function findRepeated(session: SessionRecord, request: SendRequest): Promise<MessageRecord | null> {
    if (request.idempotencyKey === null) return null;
    const known = await store.idempotency.get(session.id, request.idempotencyKey, clock.now());
    if (!known) return null;
    if (known.bodyHash !== request.bodyHash) throw new GatewayError('idempotency_key_reused');
    const message = await store.messages.get(known.messageId, session.tenantId);
    // The same answer as the first time: that it has been read since is told elsewhere.
    return message && isBeyondSent(message.status) ? { ...message, status: 'sent' } : message;
  }

  function remember(key: string, bodyHash: string, record: MessageRecord): Change[number] {
    const { sessionId, id: messageId, createdAt } = record;
    const expiresAt = createdAt + IDEMPOTENCY_MS;
    return { kind: 'idempotency.insert', sessionId, key, bodyHash, messageId, expiresAt, required: true };
  }

  /** What is known of the recipient; asks WhatsApp once where nothing is. */
  async function resolveRecipient(session: SessionRecord, written: string): Promise<KnownIdentity> {
    const parsed = parseRecipient(written);
    if (!parsed.ok) throw invalidField('to', parsed.reason);
    const known = await store.contacts.resolve(session.id, parsed.identity);
    const { phoneNumber } = known;
    const carrier = carriers.get(session.id);
    if (!phoneNumber || known.lid || !carrier) return known;
    const found = await ask(carrier, phoneNumber);
    if (found === 'absent') {
      throw new GatewayError('recipient_not_on_whatsapp', undefined, { phoneNumber });
    }
    return found ?? known;
  }

  /** null: WhatsApp did not answer; the send itself will show. */
  async function ask({ run, session }: Carrier, phoneNumber: PhoneNumber): Promise<KnownIdentity | 'absent' | null> {
    try {
      const { exists, jid, lid } = await run.lookUp(phoneNumber);
      if (!exists) return 'absent';
      const identity: KnownIdentity = {
        phoneNumber: (jid === null ? null : identityOf(jid).phoneNumber) ?? phoneNumber,
        lid: lid as Lid | null,
      };
      await store.commit([{ kind: 'contact.upsert', sessionId: session.id, identity, pushName: null }]);
      return identity;
    } catch (error) {
      log.warn({ sessionId: session.id, reason: String(error) }, 'WhatsApp did not say whether a number exists');
      return null;
    }
  }

  async function draft(session: SessionRecord, to: KnownIdentity, request: SendRequest): Promise<MessageRecord> {
    const now = clock.now();
    const quoted = request.quoted === null ? null : await store.messages.get(request.quoted, session.tenantId);
    if (request.quoted !== null && quoted?.sessionId !== session.id) throw new GatewayError('quoted_message_not_found');
    const mentions = request.mentions.map(mentionJid);
    return outgoingText(session, { id: newId('msg'), to, text: request.text, mentions, quoted }, now);
  }

  /** Resolves with the message once it is acknowledged or has failed, or as it stands after `ms`. */
  function settled(record: MessageRecord, ms: number): Promise<MessageRecord> {
    if (ms <= 0) return Promise.resolve(record);
    return new Promise((resolve) => {
      const waiters = waiting.get(record.id) ?? new Set();
      const done = (message: MessageRecord) => {
        cancel();
        waiters.delete(done);
        if (waiters.size === 0) waiting.delete(record.id);
        resolve(message);
      };
      const cancel = clock.after(ms, () => done(record));
      waiting.set(record.id, waiters.add(done));
    });
  }

  function take(carrier: Carrier, message: MessageRecord): void {
    if (carrier.taken.has(message.id)) return;
    carrier.taken.add(message.id);
    const before = carrier.chats.get(message.chat) ?? Promise.resolve();
    const turn = before
      .then(() => attempt(carrier, message))
      .catch((error: unknown) => {
        log.warn(
          { sessionId: message.sessionId, messageId: message.id, reason: String(error) },
          'A message waits for the next connection',
        );
      });
    carrier.chats.set(message.chat, turn);
    void turn.then(() => {
      carrier.taken.delete(message.id);
      if (carrier.chats.get(message.chat) === turn) carrier.chats.delete(message.chat);
    });
  }

  async function attempt(carrier: Carrier, queued: MessageRecord): Promise<void> {
    const { run, session } = carrier;
    if (carriers.get(session.id) !== carrier) return; // it went offline; the next connection takes what is unsent
    const to = await reachable(carrier, queued);
    if (!to) {
      const reason = 'WhatsApp knows no account with this number.';
      await conclude(session, queued, { status: 'failed', error: { code: 'recipient_not_on_whatsapp', reason } });
      return;
    }
    const message: MessageRecord = { ...queued, to };
    // Written in the same group as the ratchet that encrypts the message: no commit of its own to wait for.
    const marked = needsMark(queued, to)
      ? store.commit([
          { kind: 'message.update', id: message.id, from: ['queued', 'sending'], patch: { status: 'sending', to } },
        ])
      : null;
    const address = to.lid ?? identityBlock(to).jid;
    const [outcome] = await Promise.all([
      run.send({ waId: message.waId, to: address, content: contentOf(message), quoted: await quotedOf(message) }),
      marked,
    ]);
    await conclude(
      session,
      message,
      outcome.ok
        ? { status: 'sent', timestamp: outcome.timestamp, kept: outcome.kept }
        : { status: 'failed', error: { code: outcome.code, reason: outcome.reason } },
    );
  }

  /** The recipient with all that is known. A number that was accepted while the session was away is looked up now; null: it is not on WhatsApp. */
  async function reachable(carrier: Carrier, { to }: MessageRecord): Promise<KnownIdentity | null> {
    const known = to.phoneNumber && to.lid ? to : await store.contacts.resolve(carrier.session.id, to);
    if (known.lid || !known.phoneNumber) return known;
    const found = await ask(carrier, known.phoneNumber);
    return found === 'absent' ? null : (found ?? known);
  }

  async function quotedOf(message: MessageRecord): Promise<QuotedMessage | null> {
    if (message.quotedId === null) return null;
    const quoted = await store.messages.get(message.quotedId, message.tenantId);
    if (!quoted) return null;
    return {
      waId: quoted.waId,
      chat: quoted.chat,
      sender: identityBlock(quoted.from).jid,
      fromMe: quoted.direction === 'out',
      text: quoted.content.type === 'text' ? quoted.content.text : '',
    };
  }

  async function conclude(session: SessionRecord, message: MessageRecord, to: Transition): Promise<void> {
    const now = clock.now();
    await store.commit([
      ...advance(session, message, to, now),
      ...(to.status === 'sent' ? [{ kind: 'session.touch', id: session.id, outboundAt: now } as const] : []),
    ]);
    const waiters = waiting.get(message.id);
    if (!waiters) return;
    const after: MessageRecord = {
      ...message,
      status: to.status,
      ...(to.status === 'sent' && { timestamp: to.timestamp }),
      ...(to.status === 'failed' && { error: to.error }),
    };
    for (const done of [...waiters]) done(after);
  }

  async function takeUnsent(carrier: Carrier): Promise<void> {
    for (const message of await store.messages.unsent(carrier.session.id)) take(carrier, message);
  }

  return {
    send,
    deliver,
    online(session, run) {
      const carrier: Carrier = { session, run, chats: new Map(), taken: new Set(), caughtUp: Promise.resolve() };
      carriers.set(session.id, carrier);
      carrier.caughtUp = takeUnsent(carrier).catch((error: unknown) => {
        log.error({ error, sessionId: session.id }, 'The messages that wait could not be read');
      });
    },
    offline(session) {
      carriers.delete(session.id);
    },
  };
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

const isBeyondSent = (status: MessageStatus): boolean =>
  status === 'delivered' || status === 'read' || status === 'played';

/** What was stored as `sending` to a recipient that was known needs no further word. */
function needsMark(stored: MessageRecord, to: KnownIdentity): boolean {
  return stored.status === 'queued' || stored.to.lid !== to.lid || stored.to.phoneNumber !== to.phoneNumber;
}

function contentOf({ content }: MessageRecord): OutgoingContent {
  return {
    type: 'text',
    text: content.type === 'text' ? content.text : '',
    mentions: content.type === 'text' ? content.mentions : [],
  };
}

/** A mention is a phone number, a JID or a LID; WhatsApp wants a JID. */
function mentionJid(written: string): string {
  const parsed = parseRecipient(written);
  if (!parsed.ok) throw invalidField('mentions', `"${written}" ${parsed.reason}`);
  return identityBlock(parsed.identity).jid;
}
