/** What engines receive, brought into the store: messages, receipts, and who is who. */
import type { Ignore, MessageId, NewId } from '@zapfleet/contract';
import { type KnownIdentity, identityBlock } from '../domain/identity.ts';
import type { MessageRecord } from '../domain/message.ts';
import { messageResource } from '../domain/resources.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineChat, EngineMessage, EngineReceipt } from '../ports/engine.ts';
import type { Change, Store, Write } from '../ports/store.ts';
import type { TrafficEvent } from '../ports/traffic.ts';
import type { ChatCommands } from './commands/chat-commands.ts';
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
  /** Resolves when the event is committed. */
  receive(session: SessionRecord, event: TrafficEvent): Promise<void>;
};

export function createInbox({ store, clock, newId, ignore, commands, deliver }: InboxParts): Inbox {
  async function message(session: SessionRecord, received: EngineMessage, journalKey: string | null): Promise<void> {
    const owner = { sessionId: session.id, generation: session.generation };
    const done: Write[] = journalKey === null ? [] : [{ kind: 'journal.delete', owner, key: journalKey }];
    if (isIgnored(received.chat, { ...ignore, ...session.settings.ignore })) {
      if (done.length > 0) await store.commit(done);
      return;
    }
    const record = await recordOf(session, received);
    const answer = commands.answerTo(session, record);
    if (answer) {
      const [insert, ...others] = storing(session, record, received);
      const { committed } = await store.commit([
        { ...insert, required: true },
        ...others,
        { kind: 'message.insert', record: answer },
        ...done,
      ]);
      if (committed) {
        deliver(answer);
        return;
      }
      // It was delivered before, and answered then.
    }
    await store.commit([...storing(session, record, received), ...done]);
  }

  async function recordOf(session: SessionRecord, received: EngineMessage): Promise<MessageRecord> {
    const now = clock.now();
    const { chat: where, fromMe, quotedWaId } = received;
    const own = ownIdentity(session);
    const sender = fromMe ? own : await store.contacts.resolve(session.id, received.sender);
    const peer = where.kind === 'person' ? await store.contacts.resolve(session.id, where.identity) : nobody;
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
          : received.content,
      quotedWaId,
      quotedId: quotedWaId === null ? null : await idOf(session, quotedWaId),
      status: fromMe ? 'sent' : 'delivered',
      error: null,
      offline: received.offline,
      timestamp: received.timestamp,
      createdAt: now,
    };
  }

  async function idOf(session: SessionRecord, waId: string): Promise<MessageId | null> {
    const [found] = await store.messages.byWaIds(session.id, [waId]);
    return found?.id ?? null;
  }

  async function receipt(session: SessionRecord, { waIds, status, by }: EngineReceipt): Promise<void> {
    const messages = await store.messages.byWaIds(session.id, waIds);
    const outgoing = messages.filter(({ direction }) => direction === 'out');
    if (outgoing.length === 0) return;
    const who = by && (await store.contacts.resolve(session.id, by));
    const now = clock.now();
    const change: Change = outgoing.flatMap((one) => [...advance(session, one, { status, by: who }, now)]);
    await store.commit(change);
  }

  return {
    async receive(session, event) {
      switch (event.type) {
        case 'message':
          return message(session, event.message, event.journalKey);
        case 'receipt':
          return receipt(session, event.receipt);
        case 'identity': {
          const { identity, pushName } = event;
          await store.commit([{ kind: 'contact.upsert', sessionId: session.id, identity, pushName }]);
        }
      }
    },
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
