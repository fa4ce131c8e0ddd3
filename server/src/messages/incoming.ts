/** What an engine says of a message, brought together with what the session knows: the record that is stored. */
import type { MessageId } from '@zapfleet/contract';
import { identityBlock, identityOf, type KnownIdentity, nobody, overlap } from '../domain/identity.ts';
import { type MessageRecord, plain } from '../domain/message.ts';
import { inOneChat, isSame } from '../domain/same-message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { EngineMessage, MessageKey } from '../ports/engine.ts';
import type { MessageMedia, ReceivedMedia } from '../ports/media.ts';
import type { Store } from '../ports/store.ts';
import { ownIdentity } from './own-identity.ts';
import { fileIn, storedContent, targetIn } from './received-content.ts';

export type IncomingParts = { store: Store; media: Pick<MessageMedia, 'received'> };

/** What is read of the store may be on its way there: `earlier` resolves when all that came before is stored. */
export type Reading = { session: SessionRecord; now: number; earlier: Promise<void> };

/** `target`: the message that a reaction, an edit, a revoke or a vote is about; null where this session does not have it. */
export type Incoming = { record: MessageRecord; target: MessageRecord | null; media: ReceivedMedia | null };

export type Riddle = Omit<EngineMessage, 'content' | 'quotedWaId'>;

export type Reader = {
  message(where: Reading, received: EngineMessage, id: MessageId, download: 'now' | 'asked'): Promise<Incoming>;
  riddle(where: Reading, received: Riddle, id: MessageId, reason: string): Promise<MessageRecord>;
  /** What is known of somebody. Where that is only half of him, something earlier may bring the other. */
  resolve(where: Reading, asked: KnownIdentity): Promise<KnownIdentity>;
  byWaIds(where: Reading, waIds: readonly string[]): Promise<MessageRecord[]>;
};

export function createReader({ store, media }: IncomingParts): Reader {
  async function resolve({ session, earlier }: Reading, asked: KnownIdentity): Promise<KnownIdentity> {
    const known = await store.contacts.resolve(session.id, asked);
    if (known.phoneNumber !== null && known.lid !== null) return known;
    await earlier;
    return store.contacts.resolve(session.id, asked);
  }

  async function byWaIds({ session, earlier }: Reading, waIds: readonly string[]): Promise<MessageRecord[]> {
    const found = await store.messages.byWaIds(session.id, waIds);
    if (waIds.every((waId) => found.some((one) => one.waId === waId))) return found;
    await earlier;
    return store.messages.byWaIds(session.id, waIds);
  }

  /** Everything but what it says. */
  async function envelope(where: Reading, received: Riddle, id: MessageId): Promise<Omit<MessageRecord, 'content'>> {
    const { session, now } = where;
    const { chat, fromMe, forwarded = false, viewOnce = false, ephemeralSeconds } = received;
    const own = ownIdentity(session);
    const peer = chat.kind === 'person' ? await resolve(where, chat.identity) : nobody;
    return {
      ...plain,
      id,
      sessionId: session.id,
      tenantId: session.tenantId,
      waId: received.waId,
      direction: fromMe ? 'out' : 'in',
      chat: chat.kind === 'person' ? identityBlock(peer).jid : chat.jid,
      from: fromMe ? own : await resolve(where, received.sender),
      // What is written in a group is written to all of it.
      to: fromMe || chat.kind !== 'person' ? peer : own,
      quotedWaId: null,
      quotedId: null,
      status: fromMe ? 'sent' : 'delivered',
      error: null,
      offline: received.offline,
      timestamp: received.timestamp,
      createdAt: now,
      ...{ forwarded, viewOnce, ephemeralSeconds: ephemeralSeconds || null },
    };
  }

  /** The message that `record` is about. Ids of WhatsApp's are unique in a chat only, and somebody may choose one that is not. */
  async function targetOf(where: Reading, key: MessageKey, record: MessageRecord): Promise<MessageRecord | null> {
    // It may have come just before; what it is about is looked for with all of that stored.
    await where.earlier;
    const found = await store.messages.byWaIds(where.session.id, [key.waId]);
    const there = found.filter((one) => one.targetWaId === null && inOneChat(one, record));
    const author = key.fromMe ? ownIdentity(where.session) : identityOf(key.sender);
    return there.find(({ from }) => overlap(from, author)) ?? there[0] ?? null;
  }

  async function message(
    where: Reading,
    received: EngineMessage,
    newId: MessageId,
    download: 'now' | 'asked',
  ): Promise<Incoming> {
    const { content, quotedWaId } = received;
    const bare = await envelope(where, received, newId);
    const file = fileIn(content);
    const id = file ? await idOfRiddle(where, { ...bare, content: { type: 'revoked' } }) : newId;
    const stored = file && media.received(where.session, id, file.kind, file.media, download);
    const key = targetIn(content);
    const about = { ...bare, id, content: storedContent(content, { media: stored?.media ?? null, targetId: null }) };
    const target = key && (await targetOf(where, key, about));
    const quotedId = quotedWaId === null ? null : await idOf(where, quotedWaId, about);
    return {
      target,
      media: stored,
      record: {
        ...about,
        ...(target && { content: storedContent(content, { media: null, targetId: target.id }) }),
        ...{ quotedWaId, quotedId, targetWaId: key?.waId ?? null },
      },
    };
  }

  /** What came before as a riddle keeps its id, and its file is stored under that. */
  async function idOfRiddle(where: Reading, record: MessageRecord): Promise<MessageId> {
    const found = await byWaIds(where, [record.waId]);
    const riddle = found.find((one) => one.content.type === 'undecryptable' && isSame(one, record));
    return riddle?.id ?? record.id;
  }

  async function idOf(where: Reading, waId: string, record: MessageRecord): Promise<MessageId | null> {
    const found = await byWaIds(where, [waId]);
    return (found.find((one) => inOneChat(one, record)) ?? found[0])?.id ?? null;
  }

  return {
    message,
    resolve,
    byWaIds,
    async riddle(where, received, id, reason) {
      return { ...(await envelope(where, received, id)), content: { type: 'undecryptable', reason } };
    },
  };
}
