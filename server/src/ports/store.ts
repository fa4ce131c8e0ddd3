/**
 * The store. Pure code returns a `Change`; `commit` alone opens transactions and appends the events. Reads see committed data only.
 */
import type {
  DeliveryStatus,
  EngineName,
  EventData,
  EventSession,
  EventType,
  MediaId,
  MediaState,
  MessageId,
  MessageStatus,
  SessionId,
  SessionlessEventType,
  SessionStateName,
  TenantId,
  TenantLimits,
  WebhookId,
} from '@zapfleet/contract';
import type { Amendment } from '../domain/amendment.ts';
import type { ChatRecord } from '../domain/chat.ts';
import type { LocalDay } from '../domain/local-day.ts';
import type { ChatStanding, DayCount, DaySlot } from '../domain/send-gate.ts';
import type { KnownIdentity } from '../domain/identity.ts';
import type { MediaDetails, MediaFile, MediaRecord } from '../domain/media.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { Cleanup } from '../domain/cleanup.ts';
import type { DeliveryRecord, DeliveryRow } from '../domain/delivery.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Teardown } from '../domain/teardown.ts';
import type { AccountReads, AccountWrite } from './accounts.ts';
import type { WebhookPatch, WebhookRecord } from '../domain/webhook.ts';
import type { Credential, CredentialStore, JournalEntry } from './credentials.ts';
import type { FigureReads, FigureScope, FiguresWrite } from './figures.ts';

/** An event before the log gave it an id and a `seq`. */
export type EventDraft = {
  [T in EventType]: {
    type: T;
    tenantId: TenantId;
    session: T extends SessionlessEventType ? EventSession | null : EventSession;
    /** ms since the epoch */
    occurredAt: number;
    data: EventData<T>;
  };
}[EventType];

/** A session's credentials are addressed with their generation: an old one's teardown cannot reach a new one's. */
export type CredentialOwner = { sessionId: SessionId; generation: number };

/** What a session keeps and nobody is shown: its proxy with the password. */
export type SessionSecret = 'proxy' | 'server';

export type Write =
  | AccountWrite
  | FiguresWrite
  /** Changes nothing when the tenant has the name already (compared without case). */
  | { kind: 'session.insert'; record: SessionRecord }
  | { kind: 'session.update'; id: SessionId; patch: Partial<Omit<SessionRecord, 'id' | 'tenantId' | 'createdAt'>> }
  /** Moves the times of the last traffic forward; without an `updatedAt`. */
  | { kind: 'session.touch'; id: SessionId; inboundAt?: number; outboundAt?: number }
  /** Gives the name of a session free for another one; the row keeps it for the eye. */
  | { kind: 'session.free_name'; id: SessionId }
  /** Removes up to `limit` rows that hang on a session (messages, contacts, credentials of every generation, …). Changes nothing when none is left. */
  | { kind: 'session.purge'; id: SessionId; limit: number }
  | { kind: 'session.remove'; id: SessionId }
  /** Replaces the one before of this name; null removes it. Kept encrypted. */
  | { kind: 'session.secret'; id: SessionId; name: SessionSecret; value: string | null }
  /** For events that tell of no row of ours. */
  | { kind: 'announce' }
  /** Replaces the one before of the same session. */
  | { kind: 'teardown.put'; teardown: Teardown }
  | { kind: 'cleanup.put'; cleanup: Cleanup }
  /**
   * Changes nothing when the session has this (chat, waId, sender) already; where that is the note of an undecryptable message and this is its
   * content, the note becomes the message and keeps its id. What was done to the message before it came is done to it now. `kept` is for the
   * engine. `tell` is asked for events about the message as it was stored. `share`: what its tenant may send in a day; changes nothing when that day
   * is full.
   */
  | {
      kind: 'message.insert';
      record: MessageRecord;
      kept?: Uint8Array | null;
      share?: TenantShare | null;
      tell?: (stored: MessageRecord) => readonly EventDraft[];
    }
  /** Changes nothing when the message is not in one of the statuses `from`. `kept` is for the engine. */
  | { kind: 'message.update'; id: MessageId; from: readonly MessageStatus[]; patch: MessagePatch }
  /** Changes nothing where `amend` says so. `tell` is asked for events about the message as it is afterwards. */
  | {
      kind: 'message.amend';
      id: MessageId;
      amendment: Amendment;
      tell?: (after: MessageRecord) => readonly EventDraft[];
    }
  /** Joins what is known of somebody: a phone number with a LID, a push name. `tell` is asked for events about what that changed. */
  | {
      kind: 'contact.upsert';
      sessionId: SessionId;
      identity: KnownIdentity;
      pushName: string | null;
      tell?: (change: ContactChange) => readonly EventDraft[];
    }
  /** All up to a message were read; `unread` are left after it. */
  | { kind: 'chat.read'; sessionId: SessionId; chat: string; upTo: MessageId; unread: number }
  /** Changes nothing when the group is called so already; with `unlessNamed`, also when it has any name. */
  | { kind: 'chat.name'; sessionId: SessionId; chat: string; name: string; unlessNamed?: boolean }
  /** Removes at most `most` messages, with their files, whose ids are from before `before` (ms since the epoch); those on their way stay. */
  | { kind: 'message.prune'; before: number; most: number }
  /** Upkeep of the store itself: puts messages into the full-text index that wait for it. */
  | { kind: 'search.index'; most: number }
  /** One message's share of a day. Changes nothing when the day has no room any more. */
  | { kind: 'gate.take'; sessionId: SessionId; slot: DaySlot }
  /** Changes nothing when it was told already that this limit of this day is used up. `begin`: of the day, ms since the epoch. */
  | { kind: 'gate.tell'; sessionId: SessionId; day: LocalDay; begin: number; limit: 'perDay' | 'perDayNewChats' }
  | { kind: 'credentials.put'; owner: CredentialOwner; put: readonly Credential[] }
  | { kind: 'credentials.wipe'; owner: CredentialOwner }
  | { kind: 'journal.insert'; owner: CredentialOwner; entries: readonly JournalEntry[] }
  | { kind: 'journal.delete'; owner: CredentialOwner; key: string }
  /** Changes nothing when the key is there already and not expired. */
  | {
      kind: 'idempotency.insert';
      sessionId: SessionId;
      key: string;
      bodyHash: string;
      messageId: MessageId;
      expiresAt: number;
    }
  /**
   * `file`: the bytes, where they are new. Changes nothing when the message it names is not there (it came before, and was not inserted again), or
   * when the bytes it shares are gone.
   */
  | { kind: 'media.insert'; record: MediaRecord; file: MediaFile | null }
  /** Changes nothing when it is not in one of the states `from`. */
  | { kind: 'media.update'; id: MediaId; from: readonly MediaState[]; patch: MediaPatch; file: MediaFile | null }
  /** The files of a message become `gone`. */
  | { kind: 'media.forget'; messageId: MessageId; reason: string }
  /** Removes records. Bytes that nobody means any more are noted for their removal, as with the two below and with `session.purge`. */
  | { kind: 'media.release'; ids: readonly MediaId[] }
  /** Removes bytes that were not used since; the records that mean them become `gone`. */
  | { kind: 'media.drop'; files: readonly MediaId[]; unusedSince: number; reason: string }
  /** These bytes are removed. */
  | { kind: 'media.unlinked'; files: readonly MediaId[] }
  | { kind: 'webhook.insert'; record: WebhookRecord }
  | { kind: 'webhook.update'; id: WebhookId; patch: WebhookPatch }
  /** Removes up to `limit` deliveries; changes nothing when none is left. */
  | { kind: 'webhook.purge'; id: WebhookId; limit: number }
  /** Fails while deliveries are left. */
  | { kind: 'webhook.remove'; id: WebhookId }
  /**
   * Makes rows of deliveries or replaces them; of a webhook that is gone nothing is kept. With a `chat`, only the earliest pending one of that chat
   * is due and the others wait: `now` (ms) is when the next one is due after one has left. `upTo` says how far the log was read.
   */
  | { kind: 'deliveries.record'; rows: readonly DeliveryRow[]; upTo: number | null; now: number }
  /** Makes one pending and due again, with or without a row before. Changes nothing when it is pending, or not `dead` where only such are meant. */
  | { kind: 'delivery.replay'; row: Pick<DeliveryRow, 'webhookId' | 'seq' | 'chat'>; onlyDead: boolean; now: number }
  /** Makes a pending one due now, unless it waits for an earlier one of its chat. */
  | { kind: 'delivery.hurry'; webhookId: WebhookId; seq: number; now: number };

/** `usedAt`: when a record came to mean bytes that were there already. */
export type MediaPatch = Partial<
  MediaDetails & Pick<MediaRecord, 'state' | 'file' | 'ref' | 'attempts' | 'retryAt' | 'reason'> & { usedAt: number }
>;

export type MessagePatch = Partial<
  Pick<MessageRecord, 'waId' | 'status' | 'error' | 'timestamp' | 'to' | 'chat' | 'content' | 'notBefore'>
> & {
  kept?: Uint8Array;
};

/** One message's share of what its tenant may send on a day (UTC). */
export type TenantShare = { day: LocalDay; most: number };

/** Who somebody turned out to be. `resolved`: a number and a LID were not known to be one person before; `renamed`: somebody known has another name now. */
export type ContactChange = { identity: KnownIdentity; pushName: string | null; resolved: boolean; renamed: boolean };

/**
 * Writes of one transaction, in order. The `events` of a write are appended only when it changed a row, so that no event tells of what did
 * not happen; when a `required` one changes nothing, the whole change is undone.
 */
export type Change = readonly (Write & { events?: readonly EventDraft[]; required?: boolean })[];

/** Whether the change was kept, and for each of its writes whether a row changed. */
export type CommitResult = { committed: boolean; changed: readonly boolean[] };

export type SessionFilter = {
  tenantId: TenantId | null;
  state?: SessionStateName;
  engine?: EngineName;
  q?: string;
  /** Only sessions after this id. */
  after?: string;
  limit: number;
};

export type MessageFilter = {
  sessionId: SessionId;
  /** Any of these is the chat (a person may stand under a JID or a LID). */
  chats?: readonly string[];
  status?: MessageStatus;
  /** Only messages after, or before, this id. */
  after?: string;
  before?: string;
  newestFirst?: boolean;
  limit: number;
};

export type WebhookFilter = {
  tenantId: TenantId | null;
  sessionId?: SessionId;
  /** Only webhooks after this id. */
  after?: string;
  limit: number;
};

export type DeliveryFilter = {
  webhookId: WebhookId;
  status?: DeliveryStatus;
  /** Only deliveries of events before this `seq`. */
  before?: number;
  limit: number;
};
/** The newest first. A word also stands for those that begin with it; all of them must be there. */
export type MessageSearch = {
  sessionId: SessionId;
  /** As `wordsOf` makes them; at least one. */
  words: readonly string[];
  chats?: readonly string[];
  status?: MessageStatus;
  before?: MessageId;
  limit: number;
};

export type ContactRecord = { id: number; identity: KnownIdentity; pushName: string | null };

export type Store = {
  /** Durable when it resolves. Rejects with `database_unavailable` or `disk_full` where a later one may succeed. Changes are grouped into transactions in the order of the calls; one that fails does not harm the others. */
  commit(change: Change): Promise<CommitResult>;
  sessions: {
    get(id: SessionId): Promise<SessionRecord | null>;
    byName(tenantId: TenantId, name: string): Promise<SessionRecord | null>;
    list(filter: SessionFilter): Promise<SessionRecord[]>;
    /** How many of them are in each state; states that none is in may be left out. */
    countByState(scope: FigureScope): Promise<ReadonlyMap<SessionStateName, number>>;
    /** Sessions that shall run, the most recently active first, and those that are to be removed by themselves. */
    toRestore(): Promise<SessionRecord[]>;
    /** null: none. Rejects where it was damaged. */
    secret(id: SessionId, name: SessionSecret): Promise<string | null>;
  };
  messages: {
    /** `tenantId: null` looks everywhere. */
    get(id: MessageId, tenantId: TenantId | null): Promise<MessageRecord | null>;
    byWaIds(sessionId: SessionId, waIds: readonly string[]): Promise<MessageRecord[]>;
    /** What the chats show: not the reactions, edits, revokes and votes, which are messages of their own to WhatsApp. */
    list(filter: MessageFilter): Promise<MessageRecord[]>;
    /** The newest message that any of these chats shows. */
    latest(sessionId: SessionId, chats: readonly string[]): Promise<MessageRecord | null>;
    search(search: MessageSearch): Promise<MessageRecord[]>;
    /** What came in of these chats after this message, the newest first. */
    unread(
      sessionId: SessionId,
      chats: readonly string[],
      after: MessageId | null,
      limit: number,
    ): Promise<MessageRecord[]>;
    /** How this account stands with whoever any of these chats is with: whether a message was ever exchanged, in either direction. */
    standing(sessionId: SessionId, chats: readonly string[]): Promise<ChatStanding>;
    /** Accepted and not yet at a final or acknowledged status, oldest first. */
    unsent(sessionId: SessionId): Promise<MessageRecord[]>;
    /** Of all sessions: what is unsent and past its time at `now`, at most `limit`. */
    expired(now: number, limit: number): Promise<MessageRecord[]>;
    /** When the next of the unsent messages of all sessions is past its time; null: there is none. */
    nextExpiry(): Promise<number | null>;
    /** What the engine gave to keep with a message. */
    kept(sessionId: SessionId, waId: string): Promise<Uint8Array | null>;
  };
  contacts: {
    /** What this session knows of somebody; what was asked for is always part of the answer. */
    resolve(sessionId: SessionId, known: KnownIdentity): Promise<KnownIdentity>;
    /** Those after this one, in the order in which they became known. */
    list(sessionId: SessionId, after: number, limit: number): Promise<ContactRecord[]>;
    /** Who has this number or LID; null: nobody who is known. */
    find(sessionId: SessionId, known: KnownIdentity): Promise<ContactRecord | null>;
  };
  chats: {
    /** The one of these with the newest message: a person may stand under a number and a LID. */
    get(sessionId: SessionId, chats: readonly string[]): Promise<ChatRecord | null>;
    /** The one with the newest message first; `before` is the last message of the last chat seen. */
    list(sessionId: SessionId, before: MessageId | null, limit: number): Promise<ChatRecord[]>;
  };
  gate: {
    /** What was taken of this day and of those after it. */
    days(sessionId: SessionId, from: LocalDay, begin: number): Promise<ReadonlyMap<LocalDay, DayCount>>;
  };
  teardowns: {
    /** Also of a session that is gone. `tenantId: null` looks everywhere. */
    get(sessionId: SessionId, tenantId: TenantId | null): Promise<Teardown | null>;
    unfinished(): Promise<Teardown[]>;
  };
  cleanups: {
    get(id: string, tenantId: TenantId | null): Promise<Cleanup | null>;
    unfinished(): Promise<Cleanup[]>;
  };
  webhooks: {
    /** `tenantId: null` looks everywhere. */
    get(id: string, tenantId: TenantId | null): Promise<WebhookRecord | null>;
    list(filter: WebhookFilter): Promise<WebhookRecord[]>;
    all(): Promise<WebhookRecord[]>;
  };
  deliveries: {
    get(webhookId: WebhookId, seq: number): Promise<DeliveryRecord | null>;
    /** The newest first. */
    list(filter: DeliveryFilter): Promise<DeliveryRecord[]>;
    /** Pending ones that are due at `now`, the longest due first. */
    due(webhookId: WebhookId, now: number, limit: number): Promise<DeliveryRecord[]>;
    /** What follows a pending one in its chat, in order. */
    chatAfter(webhookId: WebhookId, chat: string, seq: number, limit: number): Promise<DeliveryRecord[]>;
    /** When the next pending one is due after `after`; null when none is. */
    nextDueAt(webhookId: WebhookId, after: number): Promise<number | null>;
    /** The first pending ones, by the `seq` of their events. */
    pendingSeqs(webhookId: WebhookId, limit: number): Promise<number[]>;
    /** How many are pending, of all webhooks; does not count on beyond `limit`. */
    countPending(limit: number): Promise<number>;
    /** How far the log was read when deliveries were last recorded; null before the first time. */
    readUpTo(): Promise<number | null>;
  };
  figures: FigureReads;
  /** Whoever has credential or journal rows, with the row of its session where there is one. */
  credentialOwners(): Promise<{ owner: CredentialOwner; session: SessionRecord | null }[]>;
  tenants: {
    exists(id: TenantId): Promise<boolean>;
    /** null: there is no such tenant. Kept in memory, so that it costs nothing to ask for each message. */
    limits(id: TenantId): Promise<TenantLimits | null>;
    /** How many messages of ours were accepted on this day (UTC). */
    messagesOn(id: TenantId, day: LocalDay): Promise<number>;
    sessions(id: TenantId): Promise<number>;
  };
  accounts: AccountReads;
  idempotency: {
    get(sessionId: SessionId, key: string, now: number): Promise<{ bodyHash: string; messageId: MessageId } | null>;
  };
  media: MediaReads;
  credentials(owner: CredentialOwner): CredentialStore;
  /** One cheap query; rejects with `database_unavailable` or `disk_full` when nothing can be stored now. */
  ping(): Promise<void>;
  /**
   * Resolves when a commit has a chance: at once, unless the database is away or its disk was full at the last one. Rejects with the signal's
   * reason, and when the store is closed. For who was refused with `database_unavailable` or `disk_full` and cannot drop what he holds.
   */
  ready(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

export type MediaReads = {
  /** `tenantId: null` looks everywhere. */
  get(id: MediaId, tenantId: TenantId | null): Promise<MediaRecord | null>;
  ofMessage(messageId: MessageId, role: MediaRecord['role']): Promise<MediaRecord | null>;
  ofSession(sessionId: SessionId, most: number): Promise<MediaRecord[]>;
  /** What is to be fetched by `now`, the longest due first. */
  due(sessionId: SessionId, now: number, most: number): Promise<MediaRecord[]>;
  /** When the next one after `now` is due; ms since the epoch. */
  nextDue(sessionId: SessionId, now: number): Promise<number | null>;
  /** Uploads that nobody used in their time. */
  expired(now: number, most: number): Promise<MediaId[]>;
  file(id: MediaId): Promise<MediaFile | null>;
  /** The same bytes, where the tenant has them already. */
  fileBySum(tenantId: TenantId, sha256: string): Promise<MediaFile | null>;
  /** The longest unused first. */
  oldestFiles(usedBefore: number, most: number): Promise<MediaFile[]>;
  /** In the order of their ids. */
  filesAfter(id: MediaId | null, most: number): Promise<MediaFile[]>;
  /** Bytes that are to be removed. */
  removals(most: number): Promise<MediaId[]>;
  /** How many bytes are kept; null: of all tenants. Bytes that several messages share count once. */
  usage(tenantId: TenantId | null): Promise<number>;
};
