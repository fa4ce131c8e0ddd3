/** What engines receive, brought into the store: messages and what is done to them, receipts, and who is who. */
import type { Ignore, NewId } from '@zapfleet/contract';
import { amend, amendmentOf } from '../domain/amendment.ts';
import type { MessageRecord } from '../domain/message.ts';
import { identityIn, messageResource } from '../domain/resources.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineChat, EngineMessage, EngineReceipt } from '../ports/engine.ts';
import type { MessageMedia } from '../ports/media.ts';
import type { Change, EventDraft, Store, Write } from '../ports/store.ts';
import type { TrafficEvent } from '../ports/traffic.ts';
import { chatEvent } from './chat-events.ts';
import type { ChatCommands } from './commands/chat-commands.ts';
import { effectOf, toldOf } from './effect.ts';
import { type GroupNames, nameOf } from './group-names.ts';
import { storeHistory } from './history.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { createCallOrder, type HandedOver } from './in-call-order.ts';
import { createReader, type Incoming, type Reading, type Riddle } from './incoming.ts';
import { learn } from './learning.ts';
import { about } from './telling.ts';
import { createTenantQuota } from './tenant-quota.ts';
import { advance } from './transition.ts';

export type InboxParts = {
  store: Store;
  clock: Clock;
  newId: NewId;
  ignore: Ignore;
  media: Pick<MessageMedia, 'received' | 'forget'>;
  commands: ChatCommands;
  groupNames: GroupNames;
  /** Told of every answer that was stored. */
  deliver(answer: MessageRecord): void;
  /** What follows of WhatsApp's word that it restricts this account. */
  restricted?: Gatekeeper['restricted'];
};

export type Inbox = {
  /** Resolves when the event is committed. Events of one session are committed in the order of the calls; a caller need not wait in between. */
  receive(session: SessionRecord, event: TrafficEvent): Promise<void>;
};

export function createInbox(parts: InboxParts): Inbox {
  const { store, clock, newId, ignore, media, commands, groupNames, deliver, restricted } = parts;
  const inCallOrder = createCallOrder();
  const inHistoryOrder = createCallOrder();
  const quota = createTenantQuota({ store, clock });
  const reader = createReader({ store, media });
  const ignoreOf = (session: SessionRecord): Ignore => ({ ...ignore, ...session.settings.ignore });
  const isIgnored = (session: SessionRecord, chat: EngineChat): boolean => ignores(chat, ignoreOf(session));

  async function message(where: Reading, received: EngineMessage, done: readonly Write[]): Promise<HandedOver> {
    const incoming = await reader.message(where, received, newId('msg'), 'now');
    const { record, media: file } = incoming;
    if (record.targetWaId !== null) return once(amending(where, incoming, received), done);
    const writes = storing(where, incoming, received);
    const answer = commands.answerTo(where.session, record);
    if (answer) {
      return answering(writes, answer, done);
    }
    const { stored } = handOver([...writes, ...done]);
    return { stored: file ? stored.then(file.committed) : stored };
  }

  /** An answer is a message of the tenant like any other: where the day is full there is none. */
  async function answering(writes: Change, answer: MessageRecord, done: readonly Write[]): Promise<HandedOver> {
    const share = await quota.share(answer.tenantId);
    const change: Change = [...writes, { kind: 'message.insert', record: answer, share }];
    return once(change, done, (changed) => {
      if (changed[writes.length] === true) deliver(answer);
    });
  }

  function handOver(change: Change): HandedOver {
    return { stored: change.length === 0 ? Promise.resolve() : store.commit(change) };
  }

  /** All of it, or where its message came before nothing of it but what is `done` with that. */
  function once(
    [first, ...others]: Change,
    done: readonly Write[],
    then?: (changed: readonly boolean[]) => void,
  ): HandedOver {
    if (!first) return handOver(done);
    const stored = store
      .commit([{ ...first, required: true }, ...others, ...done])
      .then(async ({ committed, changed }) => {
        if (committed) then?.(changed);
        else if (done.length > 0) await store.commit(done);
      });
    return { stored };
  }

  /** A reaction, an edit, a revoke or a vote: kept like a message, so that it is known when it comes again, and seen in the one it is about. */
  function amending(where: Reading, { record, target }: Incoming, received: EngineMessage): Change {
    const { session, now } = where;
    const amendment = amendmentOf(record);
    const isFor = target && amendment && amend(target, amendment);
    const events = target ? [] : toldOf(session, record, null, now);
    return [
      { kind: 'message.insert', record, kept: received.kept ?? null, events },
      ...(isFor ? effectOf({ session, now, forget: media.forget }, record) : []),
      ...besides(where, record, received),
    ];
  }

  async function riddle(where: Reading, received: Riddle, reason: string): Promise<HandedOver> {
    const record = await reader.riddle(where, received, newId('msg'), reason);
    const { session, now } = where;
    const { id: messageId, waId, chat, from } = record;
    const data = { messageId, waId, chat, from: identityIn(chat, from), reason };
    const events: EventDraft[] = [{ ...about(session, now), type: 'message.undecryptable', data }];
    const kept = received.kept ?? null;
    return handOver([{ kind: 'message.insert', record, kept, events }, ...besides(where, record, received)]);
  }

  async function receipt(where: Reading, { waIds, status, by }: EngineReceipt): Promise<HandedOver> {
    const messages = await reader.byWaIds(where, waIds);
    const outgoing = messages.filter(({ direction }) => direction === 'out');
    if (outgoing.length === 0) return handOver([]);
    const who = by && (await reader.resolve(where, by));
    const circumstances = { session: where.session, now: where.now, forget: media.forget };
    return handOver(outgoing.flatMap((one) => [...advance(circumstances, one, { status, by: who })]));
  }

  async function refusal(where: Reading, waIds: readonly string[], reason: string): Promise<HandedOver> {
    const messages = await reader.byWaIds(where, waIds);
    const circumstances = { session: where.session, now: where.now, forget: media.forget };
    const to = { status: 'failed', error: { code: 'refused', reason }, afterSent: true } as const;
    const outgoing = messages.filter(({ direction }) => direction === 'out');
    return handOver(outgoing.flatMap((one) => [...advance(circumstances, one, to)]));
  }

  async function handle(where: Reading, event: TrafficEvent): Promise<HandedOver> {
    const { session, now } = where;
    switch (event.type) {
      case 'message': {
        const done = journaled(session, event.journalKey);
        const { chat } = event.message;
        if (isIgnored(session, chat)) return handOver(done);
        if (chat.kind === 'group') groupNames.heard(session, chat.jid);
        return message(where, event.message, done);
      }
      case 'undecryptable':
        return isIgnored(session, event.message.chat) ? handOver([]) : riddle(where, event.message, event.reason);
      case 'receipt':
        return receipt(where, event.receipt);
      case 'refusal':
        return refusal(where, event.waIds, event.reason);
      case 'identity':
        return handOver([learn(session, event.identity, event.pushName, now)]);
      case 'presence':
      case 'group':
      case 'participants':
      case 'call': {
        const told = await chatEvent(reader, where, event, ignoreOf(session));
        if (!told) return handOver([]);
        const name = event.type === 'group' && event.group ? [nameOf(session, event.group)] : [];
        return handOver([{ kind: 'announce', events: [told] }, ...name]);
      }
      case 'restriction':
        return handOver(restricted?.(session, event) ?? []);
      default:
        return handOver([]);
    }
  }

  return {
    receive(session, event) {
      if (event.type === 'history') {
        const done = journaled(session, event.journalKey);
        return inHistoryOrder(session.id, async () => {
          await storeHistory({ store, clock, reader, isIgnored }, session, event.history, done);
          return handOver([]);
        });
      }
      return inCallOrder(session.id, (earlier) => handle({ session, now: clock.now(), earlier }, event));
    },
  };
}

/** What is stored leaves the journal of its engine. */
function journaled({ id, generation }: SessionRecord, key: string | null): Write[] {
  return key === null ? [] : [{ kind: 'journal.delete', owner: { sessionId: id, generation }, key }];
}

function ignores(chat: EngineChat, ignore: Ignore): boolean {
  switch (chat.kind) {
    case 'group':
      return ignore.groups;
    case 'status':
      return ignore.status;
    case 'newsletter':
      return ignore.newsletters;
    case 'person':
    case 'broadcast':
      return false;
  }
}

/** The writes of a new message; a redelivered one changes nothing and is told once. What was a riddle is told under the id that it has. */
function storing(where: Reading, { record, media }: Incoming, received: EngineMessage): Change {
  const { session, now } = where;
  const { fromMe, pushName, kept = null } = received;
  const tell = (stored: MessageRecord): EventDraft[] => {
    const message = messageResource(stored);
    const common = about(session, now);
    return fromMe
      ? [{ ...common, type: 'message.sent', data: { message } }]
      : [{ ...common, type: 'message.received', data: { message, pushName } }];
  };
  return [
    { kind: 'message.insert', record, kept, tell },
    ...(media?.writes ?? []),
    ...besides(where, record, received),
  ];
}

/** What every message says beside itself: who its people are, and that there is traffic. */
function besides(
  { session, now }: Reading,
  { from, to }: MessageRecord,
  { fromMe, pushName }: Pick<Riddle, 'fromMe' | 'pushName'>,
): Write[] {
  return [
    fromMe ? learn(session, to, null, now) : learn(session, from, pushName, now),
    { kind: 'session.touch', id: session.id, ...(fromMe ? { outboundAt: now } : { inboundAt: now }) },
  ];
}
