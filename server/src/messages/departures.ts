/**
 * How stored messages leave. Each waits until its session can send, keeps the order of its chat, and has one WhatsApp id from the first
 * attempt to the last, so that a retry after a crash cannot show it twice.
 */
import type { MessageError, MessageId, SessionId } from '@zapfleet/contract';
import { GatewayError, isStorageFault } from '../domain/gateway-error.ts';
import { identityBlock } from '../domain/identity.ts';
import { isUnsent, type MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import { type Capability, type EngineRun, NotSent, type OutgoingMessage, type SendOutcome } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { MessageMedia } from '../ports/media.ts';
import type { Change, Store } from '../ports/store.ts';
import { ChatOrder } from './chat-order.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { makeOutgoing } from './outgoing-content.ts';
import type { Recipients } from './recipients.ts';
import { advance, type Transition } from './transition.ts';
import { whenStorable } from './when-storable.ts';

/** How long a chat waits for the acknowledgement of one message; that message goes on waiting for it by itself. */
const CHAT_PATIENCE_MS = 60_000;
/** When a message is tried again over a connection that did not end; after the last one it has failed. */
const RETRY_MS = [1_000, 5_000, 30_000, 120_000, 300_000, 600_000, 1_200_000] as const;

const NEVER = new AbortController().signal;

export type DepartureParts = {
  store: Store;
  clock: Clock;
  log: Log;
  media: Pick<MessageMedia, 'outgoing' | 'previewImage' | 'forget'>;
  recipients: Recipients;
  gate: Gatekeeper;
  can(session: SessionRecord, capability: Capability): boolean;
  /** A message was acknowledged, or has come to its end. */
  onSettled(message: MessageRecord): void;
};

export type Departures = {
  online(session: SessionRecord, run: EngineRun): void;
  offline(session: SessionRecord): void;
  /** The run through which a session sends; null: it cannot now. */
  runOf(session: SessionRecord): EngineRun | null;
  /** Whether a message would be handed to the engine at once: it may then be stored as `sending`. */
  canLeaveAtOnce(message: MessageRecord): boolean;
  /** A stored message leaves as soon as its session can send. */
  depart(message: MessageRecord): void;
  /** Stores what became of a message, and tells who waits for it. */
  conclude(session: SessionRecord, message: MessageRecord, to: Transition): Promise<boolean>;
};

/** A session that can send. */
type Carrier = {
  session: SessionRecord;
  run: EngineRun;
  order: ChatOrder;
  taken: Set<MessageId>;
  /** Aborted when the connection is over. */
  gone: AbortController;
  /** Whether what waited was taken; `caughtUp` resolves then: only then may new messages follow it. */
  isCaughtUp: boolean;
  caughtUp: Promise<void>;
};

export function createDepartures(parts: DepartureParts): Departures {
  const { store, clock, log, recipients } = parts;
  const carriers = new Map<SessionId, Carrier>();
  const isOnline = (carrier: Carrier): boolean => carriers.get(carrier.session.id) === carrier;
  /** Whether the engine takes our id for a message: only then can one be tried again without being shown twice. */
  const hasOwnIds = (session: SessionRecord): boolean => parts.can(session, 'own_message_id');

  async function conclude(
    session: SessionRecord,
    message: MessageRecord,
    to: Transition,
    also: Change = [],
  ): Promise<boolean> {
    const now = clock.now();
    // WhatsApp has answered and is not asked again: that is kept in mind until it can be stored, whatever becomes of the connection.
    const { changed } = await whenStorable(parts, NEVER, () =>
      store.commit([
        ...advance({ session, forget: parts.media.forget, now }, message, to),
        ...(to.status === 'sent' ? [{ kind: 'session.touch', id: session.id, outboundAt: now } as const] : []),
        ...also,
      ]),
    );
    if (!changed[0]) return false;
    if (to.status !== 'sent') parts.gate.release(message.id);
    parts.onSettled({
      ...message,
      status: to.status,
      ...(to.status === 'sent' && { timestamp: to.timestamp }),
      ...(to.status === 'failed' && { error: to.error }),
    });
    return true;
  }

  const fail = async (carrier: Carrier, message: MessageRecord, error: MessageError): Promise<void> => {
    await conclude(carrier.session, message, { status: 'failed', error });
  };

  function take(carrier: Carrier, message: MessageRecord): void {
    if (carrier.taken.has(message.id)) return;
    carrier.taken.add(message.id);
    void carrier.order.take(namesOf(message), async () => {
      if (parts.gate.mayHold(message) && !(await hasTurn(carrier, message))) carrier.taken.delete(message.id);
      else await withPatience(attempt(carrier, message));
    });
  }

  /** Waits for as long as the limits of the session ask for it. */
  async function hasTurn({ session }: Carrier, message: MessageRecord): Promise<boolean> {
    try {
      return await parts.gate.turn(session, message);
    } catch (error) {
      log.error({ error, messageId: message.id }, 'A message waits for the next connection');
      return false;
    }
  }

  /** Resolves when the attempt is over, or when the chat has waited long enough for it. */
  function withPatience(work: Promise<void>): Promise<void> {
    const patience = Promise.withResolvers<undefined>();
    const cancel = clock.after(CHAT_PATIENCE_MS, () => patience.resolve(undefined));
    return Promise.race([work, patience.promise]).finally(cancel);
  }

  async function attempt(carrier: Carrier, stored: MessageRecord): Promise<void> {
    try {
      let message: MessageRecord | null = stored;
      await whenStorable(parts, carrier.gone.signal, async () => {
        message ??= await store.messages.get(stored.id, stored.tenantId);
        const current = message;
        // Should the store be at fault, it may have come further than we know.
        message = null;
        if (current && isUnsent(current.status)) await leave(carrier, current);
      });
    } catch (error) {
      const { id: messageId, sessionId } = stored;
      log.warn({ sessionId, messageId, reason: String(error) }, 'A message waits for the next connection');
    } finally {
      carrier.taken.delete(stored.id);
    }
  }

  async function leave(carrier: Carrier, stored: MessageRecord): Promise<void> {
    const { session, run } = carrier;
    // What is left here, the next connection takes.
    if (!isOnline(carrier)) return;
    const found = await located(carrier, stored);
    if (!found) {
      const reason = 'WhatsApp knows no account with this number.';
      return fail(carrier, stored, { code: 'recipient_not_on_whatsapp', reason });
    }
    const message = await claimed(stored, found);
    if (!message) return;
    const made = await makeOutgoing(parts, message, addressOf(message));
    if (!made.ok) return fail(carrier, message, made.error);
    if (!isOnline(carrier)) {
      if (!hasOwnIds(session)) await putBack(message);
      return;
    }
    let sent = message;
    const leftAt = clock.now();
    const outcome = await handOver(carrier, message, made.message, run, async (waId) => {
      sent = { ...message, waId };
      // What is heard of it from now on comes under this id.
      await whenStorable(parts, NEVER, () =>
        store.commit([{ kind: 'message.update', id: message.id, from: ['sending'], patch: { waId } }]),
      );
    });
    const isRestricted = !outcome.ok && outcome.code === 'restricted';
    const also = isRestricted ? await parts.gate.answered(session, message, outcome as SendOutcome, leftAt) : [];
    await conclude(session, sent, transitionOf(outcome), also);
  }

  /** The message with all that is known of its recipient; null: he is not on WhatsApp. */
  async function located({ session, run }: Carrier, message: MessageRecord): Promise<MessageRecord | null> {
    if (isGroup(message)) return message;
    const to = await recipients.reach(session, message.to, run);
    if (!to) return null;
    const isOther = to.lid !== message.to.lid || to.phoneNumber !== message.to.phoneNumber;
    return isOther ? { ...message, to, chat: identityBlock(to).jid } : message;
  }

  /**
   * Only who moves it out of `queued` may hand it over: whoever cancels it or gives it up at the same moment is before or after this commit.
   * null: it is not to be sent any more.
   */
  async function claimed(stored: MessageRecord, found: MessageRecord): Promise<MessageRecord | null> {
    const { id, to, chat } = found;
    if (stored.status === 'sending') {
      if (found !== stored)
        await store.commit([{ kind: 'message.update', id, from: ['sending'], patch: { to, chat } }]);
      return isPastTime(found) ? null : found;
    }
    const patch = { status: 'sending' as const, ...(found !== stored && { to, chat }) };
    const { changed } = await store.commit([{ kind: 'message.update', id, from: ['queued'], patch }]);
    if (!changed[0]) return null;
    // While it waited it may have been edited.
    return store.messages.get(id, found.tenantId);
  }

  const isPastTime = ({ expiresAt }: MessageRecord): boolean => expiresAt !== null && expiresAt <= clock.now();

  async function putBack({ id }: MessageRecord): Promise<void> {
    await store.commit([{ kind: 'message.update', id, from: ['sending'], patch: { status: 'queued' } }]);
  }

  /** Rejects when the run ended first: the outcome is open then, and the next connection tries again under the same id. */
  async function handOver(
    carrier: Carrier,
    stored: MessageRecord,
    message: OutgoingMessage,
    run: EngineRun,
    named: (waId: string) => Promise<void>,
  ): Promise<Outcome> {
    const { id: messageId, sessionId } = stored;
    for (let tries = 0; ; tries += 1) {
      try {
        return await run.send(message, named);
      } catch (error) {
        if (error instanceof GatewayError && !isStorageFault(error))
          return { ok: false, code: error.code, reason: error.message };
        if (error instanceof NotSent) {
          await putBack(stored);
          throw error;
        }
        if (!hasOwnIds(carrier.session)) return unknownOutcome(`The engine gave no answer: ${String(error)}.`);
        if (isStorageFault(error)) throw error;
        const retryMs = RETRY_MS[tries];
        if (retryMs === undefined)
          return { ok: false, code: 'refused', reason: `It cannot be sent: ${String(error)}.` };
        await new Promise<void>((resolve) => clock.after(retryMs, resolve));
        // Where the run ended because nothing could be stored, that it did is not stored yet either.
        await store.ready(carrier.gone.signal);
        if (!isOnline(carrier)) throw error;
        log.warn({ sessionId, messageId, reason: String(error) }, 'A message could not be sent; it is tried again');
      }
    }
  }

  async function takeUnsent(carrier: Carrier): Promise<void> {
    const { session } = carrier;
    for (const message of await store.messages.unsent(session.id)) {
      if (message.status === 'sending' && !hasOwnIds(session)) {
        const { code, reason } = unknownOutcome('The server stopped while it was being sent.');
        await fail(carrier, message, { code, reason });
      } else {
        take(carrier, message);
      }
    }
  }

  return {
    conclude,
    online(session, run) {
      const gone = new AbortController();
      const carrier: Carrier = {
        ...{ session, run, order: new ChatOrder(), taken: new Set(), gone },
        ...{ isCaughtUp: false, caughtUp: Promise.resolve() },
      };
      carriers.set(session.id, carrier);
      carrier.caughtUp = whenStorable(parts, gone.signal, () => takeUnsent(carrier))
        .catch((error: unknown) => {
          log.error({ error, sessionId: session.id }, 'The messages that wait could not be read');
        })
        .then(() => {
          carrier.isCaughtUp = true;
        });
    },
    offline(session) {
      carriers.get(session.id)?.gone.abort();
      carriers.delete(session.id);
    },
    runOf: (session) => carriers.get(session.id)?.run ?? null,
    canLeaveAtOnce(message) {
      const carrier = carriers.get(message.sessionId);
      if (!carrier?.isCaughtUp || !hasOwnIds(carrier.session) || parts.gate.mayHold(message)) return false;
      return !carrier.order.isBusy(namesOf(message));
    },
    depart(message) {
      const carrier = carriers.get(message.sessionId);
      if (carrier && isUnsent(message.status)) void carrier.caughtUp.then(() => take(carrier, message));
    },
  };
}

/** What the engine said, or why it could not be asked. */
type Outcome = Extract<SendOutcome, { ok: true }> | ({ ok: false } & MessageError);

function unknownOutcome(why: string): { ok: false } & MessageError {
  const reason = `${why} Whether it arrived is not known, so it is not sent again.`;
  return { ok: false, code: 'outcome_unknown', reason };
}

function transitionOf(outcome: Outcome): Transition {
  return outcome.ok
    ? { status: 'sent', timestamp: outcome.timestamp, kept: outcome.kept }
    : { status: 'failed', error: { code: outcome.code, reason: outcome.reason } };
}

const isGroup = ({ chat }: MessageRecord): boolean => chat.endsWith('@g.us');

/** What its chat goes by: a person may be written by number and by LID. */
function namesOf(message: MessageRecord): string[] {
  if (isGroup(message)) return [message.chat];
  const { phoneNumber, lid } = message.to;
  return [...(lid ? [lid] : []), ...(phoneNumber ? [identityBlock({ phoneNumber, lid: null }).jid] : [])];
}

function addressOf({ chat, to }: MessageRecord): string {
  return to.lid ?? (to.phoneNumber === null ? chat : identityBlock(to).jid);
}
