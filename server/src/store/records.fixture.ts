/** Records for tests: plausible, and different only where a test says so. */
import { randomBytes } from 'node:crypto';
import { type EventType, type MessageId, makeId, type SessionId } from '@zapfleet/contract';
import type { Lid, PhoneNumber } from '../domain/identity.ts';
import type { MediaFile, MediaRecord } from '../domain/media.ts';
import { type MessageRecord, plain } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import { defaultTenantId } from '../domain/tenant.ts';
import type { WebhookRecord } from '../domain/webhook.ts';
import type { EventDraft } from '../ports/store.ts';

let counted = 0;

/** Ids in the order of the calls. */
export function sampleId<P extends 'ses' | 'msg' | 'ten' | 'med' | 'whk' | 'aud'>(prefix: P) {
  counted += 1;
  return makeId(prefix, 1_700_000_000_000 + counted, randomBytes(10));
}

export const phone = (digits: string) => digits as PhoneNumber;
export const lid = (digits: string) => `${digits}@lid` as Lid;

export function sampleSession(changes: Partial<SessionRecord> = {}): SessionRecord {
  const id = changes.id ?? sampleId('ses');
  return {
    id,
    tenantId: defaultTenantId,
    name: `shop-${id.slice(-20)}`,
    engine: 'baileys',
    network: 'sandbox',
    timeZone: 'America/Sao_Paulo',
    settings: { label: null, ignore: {}, metadata: {}, autoCleanupOnLogout: null },
    account: null,
    restriction: null,
    createdAt: 1,
    updatedAt: 1,
    connectedAt: null,
    lastInboundAt: null,
    lastOutboundAt: null,
    desired: 'stopped',
    state: { name: 'stopped', since: 1, cause: null },
    run: 0,
    generation: 1,
    linked: false,
    pairedAt: null,
    everConnected: false,
    attempt: 0,
    unknownInARow: 0,
    archived: [],
    versionRefreshed: false,
    ...changes,
  };
}

const self = { phoneNumber: phone('5511900000000'), lid: lid('900') };
const maria = { phoneNumber: phone('5511987654321'), lid: lid('321') };

/** An incoming text of Maria's. */
export function sampleMessage(sessionId: SessionId, changes: Partial<MessageRecord> = {}): MessageRecord {
  const id = changes.id ?? sampleId('msg');
  return {
    id,
    sessionId,
    tenantId: defaultTenantId,
    waId: `3EB0${id.slice(-20)}`,
    direction: 'in',
    chat: '5511987654321@s.whatsapp.net',
    from: maria,
    to: self,
    content: { type: 'text', text: 'Olá', mentions: [] },
    quotedWaId: null,
    quotedId: null,
    status: 'delivered',
    error: null,
    offline: false,
    timestamp: 1000,
    createdAt: 1001,
    ...plain,
    ...changes,
  };
}

/** A picture on the disk. */
export function sampleFile(changes: Partial<MediaFile> = {}): MediaFile {
  const id = changes.id ?? sampleId('med');
  return {
    id,
    tenantId: defaultTenantId,
    size: 100,
    sha256: id.slice(4).toLowerCase(),
    createdAt: 1,
    usedAt: 1,
    ...changes,
  };
}

/** What is known of a picture that waits to be fetched. */
export function sampleMedia(changes: Partial<MediaRecord> = {}): MediaRecord {
  return {
    id: sampleId('med'),
    tenantId: defaultTenantId,
    sessionId: null,
    messageId: null,
    role: 'file',
    state: 'pending',
    mimetype: 'image/jpeg',
    filename: null,
    size: null,
    sha256: null,
    width: null,
    height: null,
    seconds: null,
    waveform: null,
    file: null,
    ref: null,
    attempts: 0,
    retryAt: null,
    reason: null,
    createdAt: 1,
    expiresAt: null,
    ...changes,
  };
}

/** An outgoing text to Maria that was accepted and not yet sent. */
export function sampleOutgoing(sessionId: SessionId, changes: Partial<MessageRecord> = {}): MessageRecord {
  return sampleMessage(sessionId, { direction: 'out', from: self, to: maria, status: 'queued', ...changes });
}

/** `message.status` by default; the message id tells events apart. */
export function sampleEvent(
  sessionId: SessionId,
  changes: { messageId?: MessageId; type?: EventType & ('message.status' | 'session.connected') } = {},
): EventDraft {
  const common = { tenantId: defaultTenantId, session: { id: sessionId, name: 'shop' }, occurredAt: 1_700_000_000_000 };
  if (changes.type === 'session.connected') {
    const account = { phoneNumber: '5511900000000', jid: '5511900000000@s.whatsapp.net', lid: null, pushName: null };
    return { ...common, type: 'session.connected', data: { account, first: true } };
  }
  const messageId = changes.messageId ?? sampleId('msg');
  return {
    ...common,
    type: 'message.status',
    data: { messageId, waId: '3EB0', chat: '1@lid', status: 'read', by: null },
  };
}

/** For all sessions of the default tenant, and new. */
export function sampleWebhook(changes: Partial<WebhookRecord> = {}): WebhookRecord {
  return {
    ...{ id: sampleId('whk'), tenantId: defaultTenantId, sessionId: null, url: 'https://receiver.example/hook' },
    ...{ events: ['*'], headers: {}, secret: 'whsec_c2VjcmV0IG9mIGEgdGVzdCwgMzIgYnl0ZXMgbG9uZyEh', oldSecret: null },
    ...{ strictOrder: false, state: { name: 'active' }, failingSince: null, after: 0, createdAt: 1, updatedAt: 1 },
    ...changes,
  };
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array | null | undefined): string | null =>
  bytes ? new TextDecoder().decode(bytes) : null;
