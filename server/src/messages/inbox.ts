/** What engines receive, brought into the store: messages, receipts, and who is who. */
import type { Ignore, MessageId, NewId } from '@zapfleet/contract';
import { type KnownIdentity, identityBlock } from '../domain/identity.ts';
import { type MessageRecord, plain } from '../domain/message.ts';
import { messageResource } from '../domain/resources.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineChat, EngineMessage, EngineReceipt } from '../ports/engine.ts';
import type { Change, Store, Write } from '../ports/store.ts';
import type { TrafficEvent } from '../ports/traffic.ts';
import type { ChatCommands } from './commands/chat-commands.ts';
import { createCallOrder, type HandedOver } from './in-call-order.ts';
import { ownIdentity } from './own-identity.ts';
import { about, advance } from './transition.ts';

export type InboxParts = {
  store: Store;
  clock: Clock;
  newId: NewId;
  ignore: Ignore;
  commands: ChatCommands;
  /** Told of every answer that was stored. */
  deliver(answer: MessageRecord): void;
};

export type Inbox = {
  /** Resolves when the event is committed. Events of one session are committed in the order of the calls; a caller need not wait in between. */
  receive(session: SessionRecord, event: TrafficEvent): Promise<void>;
};

export function createInbox({ store, clock, newId, ignore, commands, deliver }: InboxParts): Inbox {
  const inCallOrder = createCallOrder();

  async function message(
    session: SessionRecord,
    received: EngineMessage,
    journalKey: string | null,
    earlier: Promise<void>,
  ): Promise<HandedOver> {
    const owner = { sessionId: session.id, generation: session.generation };
    const done: Write[] = journalKey === null ? [] : [{ kind: 'journal.delete', owner, key: journalKey }];
    if (isIgnored(received.chat, { ...ignore, ...session.settings.ignore })) return handOver(done);
    const record = await recordOf(session, received, earlier);
    const answer = commands.answerTo(session, record);
    const writes = storing(session, record, received);
    return answer ? { stored: storeWithAnswer(answer, writes, done) } : handOver([...writes, ...done]);
  }

  function handOver(change: Change): HandedOver {
    return { stored: change.length === 0 ? Promise.resolve() : store.commit(change) };
  }

  async function storeWithAnswer(
    answer: MessageRecord,
    [insert, ...others]: [Change[number], ...Change],
    done: Change,
  ): Promise<void> {
    const { committed } = await store.commit([
      { ...insert, required: true },
      ...others,
      { kind: 'message.insert', record: answer },
      ...done,
    ]);
    if (committed) deliver(answer);
    // It was delivered before, and answered then.
    else await store.commit([insert, ...others, ...done]);
  }

  async function recordOf(
    session: SessionRecord,
    received: EngineMessage,
    earlier: Promise<void>,
  ): Promise<MessageRecord> {
    const now = clock.now();
    const { chat: where, fromMe, quotedWaId } = received;
    const own = ownIdentity(session);
    const sender = fromMe ? own : await resolve(session, received.sender, earlier);
    const peer = where.kind === 'person' ? await resolve(session, where.identity, earlier) : nobody;
    return {
      id: newId('msg'),
      sessionId: session.id,
      tenantId: session.tenantId,
      waId: received.waId,
      direction: fromMe ? 'out' : 'in',
      chat: where.kind === 'person' ? identityBlock(peer).jid : where.jid,
      from: sender,
      to: fromMe ? peer : own,
      content:
        received.content.type === 'text'
          ? { type: 'text', text: received.content.text, mentions: [...received.content.mentions] }
          : {
              type: 'unsupported',
              kind: received.content.type === 'unsupported' ? received.content.kind : received.content.type,
            },
      quotedWaId,
      quotedId: quotedWaId === null ? null : await idOf(session, quotedWaId, earlier),
      status: fromMe ? 'sent' : 'delivered',
      error: null,
      offline: received.offline,
      timestamp: received.timestamp,
      createdAt: now,
      ...plain,
    };
  }

  /** What is known of somebody. Where that is only half of him, something earlier may bring the other. */
  async function resolve(session: SessionRecord, asked: KnownIdentity, earlier: Promise<void>): Promise<KnownIdentity> {
    const known = await store.contacts.resolve(session.id, asked);
    if (known.phoneNumber !== null && known.lid !== null) return known;
    await earlier;
    return store.contacts.resolve(session.id, asked);
  }

  async function idOf(session: SessionRecord, waId: string, earlier: Promise<void>): Promise<MessageId | null> {
    const [found] = await messagesOf(session, [waId], earlier);
    return found?.id ?? null;
  }

  async function messagesOf(
    session: SessionRecord,
    waIds: readonly string[],
    earlier: Promise<void>,
  ): Promise<MessageRecord[]> {
    const found = await store.messages.byWaIds(session.id, waIds);
    if (waIds.every((waId) => found.some((one) => one.waId === waId))) return found;
    await earlier;
    return store.messages.byWaIds(session.id, waIds);
  }

  async function receipt(
    session: SessionRecord,
    { waIds, status, by }: EngineReceipt,
    earlier: Promise<void>,
  ): Promise<HandedOver> {
    const messages = await messagesOf(session, waIds, earlier);
    const outgoing = messages.filter(({ direction }) => direction === 'out');
    if (outgoing.length === 0) return handOver([]);
    const who = by && (await resolve(session, by, earlier));
    const now = clock.now();
    return handOver(outgoing.flatMap((one) => [...advance(session, one, { status, by: who }, now)]));
  }

  async function handle(session: SessionRecord, event: TrafficEvent, earlier: Promise<void>): Promise<HandedOver> {
    switch (event.type) {
      case 'message':
        return message(session, event.message, event.journalKey, earlier);
      case 'receipt':
        return receipt(session, event.receipt, earlier);
      case 'identity': {
        const { identity, pushName } = event;
        return handOver([{ kind: 'contact.upsert', sessionId: session.id, identity, pushName }]);
      }
      case 'history':
        return handOver(history(session, event));
      default:
        return handOver([]);
    }
  }

  /** Who is who; what was said is not kept yet. */
  function history(session: SessionRecord, event: Extract<TrafficEvent, { type: 'history' }>): Change {
    const owner = { sessionId: session.id, generation: session.generation };
    const contacts = event.history.contacts.map(({ identity, pushName }): Write => {
      return { kind: 'contact.upsert', sessionId: session.id, identity, pushName };
    });
    return event.journalKey === null
      ? contacts
      : [...contacts, { kind: 'journal.delete', owner, key: event.journalKey }];
  }

  return {
    receive: (session, event) => inCallOrder(session.id, (earlier) => handle(session, event, earlier)),
  };
}

const nobody: KnownIdentity = { phoneNumber: null, lid: null };

function isIgnored(chat: EngineChat, ignore: Ignore): boolean {
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

/** The writes of a new message; a redelivered one changes nothing and is told once. */
function storing(session: SessionRecord, record: MessageRecord, received: EngineMessage): [Change[number], ...Change] {
  const event = received.fromMe
    ? ({ type: 'message.sent', data: { message: messageResource(record) } } as const)
    : ({ type: 'message.received', data: { message: messageResource(record), pushName: received.pushName } } as const);
  const touched = received.fromMe ? { outboundAt: record.createdAt } : { inboundAt: record.createdAt };
  const contact: Write[] = received.fromMe
    ? []
    : [{ kind: 'contact.upsert', sessionId: session.id, identity: record.from, pushName: received.pushName }];
  return [
    { kind: 'message.insert', record, events: [{ ...about(session, record.createdAt), ...event }] },
    ...contact,
    { kind: 'session.touch', id: session.id, ...touched },
  ];
}
