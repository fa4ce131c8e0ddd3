/** Each kind of write, as the steps that carry it out. */
import type { SessionId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import type { FiguresWrite } from '../ports/figures.ts';
import type { Write } from '../ports/store.ts';
import type { Clock } from '../ports/clock.ts';
import { type AccountAggregates, accountSteps } from './account-writes.ts';
import { accountRows } from './accounts.ts';
import { auditRows } from './audit.ts';
import { type CleanupRows, cleanupRows } from './cleanups.ts';
import { type ChatRows, chatRows } from './chats.ts';
import { type ContactRows, contactRows } from './contacts.ts';
import { type CredentialRows, credentialRows } from './credentials.ts';
import { type DeliveryRows, deliveryRows } from './deliveries.ts';
import { type EventRows, eventRows } from './event-rows.ts';
import { type FigureRows, figureRows } from './figures.ts';
import { type IdempotencyRows, idempotencyRows } from './idempotency.ts';
import { type JournalRows, journalRows } from './journal.ts';
import { type MediaRows, mediaRows } from './media.ts';
import { type MediaFileRows, mediaFileRows } from './media-files.ts';
import { type MessageRows, messageRows } from './messages.ts';
import {
  amendMessage,
  learnContact,
  messagesWithSearch,
  pruneMessages,
  storeMessage,
  updateMessage,
} from './message-writes.ts';
import { type SearchRows, searchRows } from './search.ts';
import type { Vault } from './sealing.ts';
import { type SendDayRows, sendDayRows } from './send-days.ts';
import { type SessionSecretRows, sessionSecretRows } from './session-secrets.ts';
import { type SessionRows, sessionRows } from './sessions.ts';
import { purge } from './purge.ts';
import type { Applied, Steps } from './statement.ts';
import type { Tables } from './tables.ts';
import { type TeardownRows, teardownRows } from './teardowns.ts';
import { type TenantDayRows, tenantDayRows } from './tenant-days.ts';
import { tenantRows } from './tenants.ts';
import { changeWebhook, recordDeliveries, webhooksOfSession } from './webhook-writes.ts';
import { type WebhookRows, webhookRows } from './webhooks.ts';

export type Aggregates = AccountAggregates & {
  sessions: SessionRows;
  messages: MessageRows;
  chats: ChatRows;
  search: SearchRows;
  contacts: ContactRows;
  credentials: CredentialRows;
  journal: JournalRows;
  idempotency: IdempotencyRows;
  events: EventRows;
  sendDays: SendDayRows;
  tenantDays: TenantDayRows;
  sessionSecrets: SessionSecretRows;
  teardowns: TeardownRows;
  cleanups: CleanupRows;
  media: MediaRows;
  mediaFiles: MediaFileRows;
  webhooks: WebhookRows;
  deliveries: DeliveryRows;
  figures: FigureRows;
};

export function aggregatesOn(db: Kysely<Tables>, vault: Vault): Aggregates {
  const mediaFiles = mediaFileRows(db);
  return {
    tenants: tenantRows(db),
    accounts: accountRows(db),
    audit: auditRows(db),
    sessions: sessionRows(db),
    messages: messageRows(db, vault),
    chats: chatRows(db),
    search: searchRows(db),
    contacts: contactRows(db),
    credentials: credentialRows(db, vault),
    journal: journalRows(db, vault),
    idempotency: idempotencyRows(db),
    events: eventRows(db),
    sendDays: sendDayRows(db),
    tenantDays: tenantDayRows(db),
    sessionSecrets: sessionSecretRows(db, vault),
    teardowns: teardownRows(db),
    cleanups: cleanupRows(db),
    media: mediaRows(db, vault, mediaFiles),
    mediaFiles,
    webhooks: webhookRows(db, vault),
    deliveries: deliveryRows(db),
    figures: figureRows(db),
  };
}

export function stepsOf(write: Write, rows: Aggregates, clock: Clock): Steps<Applied> {
  switch (write.kind) {
    case 'session.insert':
      return rows.sessions.insert(write.record);
    case 'session.update':
      return rows.sessions.update(write.id, write.patch);
    case 'session.touch':
      return rows.sessions.touch(write.id, write.inboundAt, write.outboundAt);
    case 'session.free_name':
      return rows.sessions.freeName(write.id);
    case 'session.purge':
      return purge(write.id, write.limit, [
        rows.credentials,
        rows.journal,
        rows.media,
        messagesWithSearch(rows),
        rows.chats,
        rows.contacts,
        rows.idempotency,
        rows.sendDays,
        webhooksOfSession(rows),
      ]);
    case 'session.secret':
      return rows.sessionSecrets.put(write.id, write.name, write.value);
    case 'session.remove':
      return removeSession(write.id, rows);
    case 'teardown.put':
      return rows.teardowns.put(write.teardown);
    case 'cleanup.put':
      return rows.cleanups.put(write.cleanup);
    case 'announce':
      return always();
    case 'message.insert':
      return storeMessage(write, rows);
    case 'message.update':
      return updateMessage(write, rows);
    case 'message.amend':
      return amendMessage(write, rows);
    case 'contact.upsert':
      return learnContact(write, rows);
    case 'chat.read':
      return rows.chats.read(write.sessionId, write.chat, write.upTo, write.unread);
    case 'chat.name':
      return rows.chats.name(write.sessionId, write.chat, write.name, write.unlessNamed === true);
    case 'message.prune':
      return pruneMessages(write, rows);
    case 'search.index':
      return rows.search.index(write.most);
    case 'gate.take':
      return rows.sendDays.take(write.sessionId, write.slot);
    case 'gate.tell':
      return rows.sendDays.tell(write.sessionId, write, write.limit);
    case 'credentials.put':
      return rows.credentials.put(write.owner, write.put);
    case 'credentials.wipe':
      return wipe(write.owner, rows);
    case 'journal.insert':
      return rows.journal.insert(write.owner, write.entries);
    case 'journal.delete':
      return rows.journal.remove(write.owner, write.key);
    case 'idempotency.insert':
      return rows.idempotency.insert(write, clock.now());
    case 'media.insert':
      return rows.media.insert(write.record, write.file);
    case 'media.update':
      return rows.media.update(write.id, write.from, write.patch, write.file);
    case 'media.forget':
      return rows.media.forget(write.messageId, write.reason);
    case 'media.release':
      return rows.media.release(write.ids);
    case 'media.drop':
      return rows.media.drop(write.files, write.unusedSince, write.reason);
    case 'media.unlinked':
      return anyOf(write.files.map((id) => rows.mediaFiles.unlinked(id)));
    case 'webhook.insert':
      return rows.webhooks.insert(write.record);
    case 'webhook.update':
      return changeWebhook(write.id, write.patch, rows, clock.now());
    case 'webhook.purge':
      return some(rows.deliveries.purge(write.id, write.limit));
    case 'webhook.remove':
      return rows.webhooks.remove(write.id);
    case 'deliveries.record':
      return recordDeliveries(write, rows);
    case 'delivery.replay':
      return rows.deliveries.replay(write.row, write.onlyDead, write.now);
    case 'figures.add':
      return addFigures(write, rows.figures);
    case 'delivery.hurry':
      return rows.deliveries.hurry(write.webhookId, write.seq, write.now);
    default:
      return accountSteps(write, rows, clock.now());
  }
}

function* removeSession(id: SessionId, rows: Aggregates): Steps<boolean> {
  yield* rows.accounts.dropLinks('pairing', id);
  yield* rows.sessionSecrets.wipe(id);
  return yield* rows.sessions.remove(id);
}

function* addFigures({ rows, read }: FiguresWrite, figures: FigureRows): Steps<boolean> {
  if (read) {
    if ((yield* figures.readUpTo()) !== read.after) return false;
    yield* figures.setReadUpTo(read.upTo);
  }
  yield* figures.add(rows);
  return true;
}

function* wipe(owner: Parameters<CredentialRows['wipe']>[0], rows: Aggregates): Steps<boolean> {
  const credentials = yield* rows.credentials.wipe(owner);
  const journal = yield* rows.journal.wipe(owner);
  return credentials || journal;
}

function* anyOf(steps: readonly Steps<boolean>[]): Steps<boolean> {
  let changed = false;
  for (const one of steps) changed = (yield* one) || changed;
  return changed;
}

function* always(): Steps<boolean> {
  return true;
}

function* some(count: Steps<number>): Steps<boolean> {
  return (yield* count) > 0;
}
