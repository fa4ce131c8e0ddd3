/** What the two generations of the server say differently: 1.8 in flat snake_case, 2 in camelCase. Pure. */
import type { MessageKey, OutgoingMedia } from '../../ports/engine.ts';
import type { RemoteCall } from './client.ts';

export type Generation = 'v1' | 'v2';

/** How something is asked for; the instance stands at the end of `path`. `file`: takes the place of `FILE` in the body. */
export type Wording = { method: RemoteCall['method']; path: string; body: object; file?: OutgoingMedia };

const COMMON = [
  ...['QRCODE_UPDATED', 'CONNECTION_UPDATE', 'MESSAGES_UPSERT', 'MESSAGES_UPDATE', 'MESSAGES_DELETE'],
  ...['GROUPS_UPSERT', 'GROUP_PARTICIPANTS_UPDATE', 'CALL'],
];
const EVENTS: Record<Generation, readonly string[]> = { v1: COMMON, v2: [...COMMON, 'MESSAGES_EDITED'] };

export function createBody(generation: Generation, instanceName: string, hook: string): object {
  const common = { instanceName, integration: 'WHATSAPP-BAILEYS', qrcode: false };
  if (generation === 'v2') return { ...common, ...webhookBody('v2', hook) };
  return { ...common, webhook: hook, webhook_by_events: false, webhook_base64: false, events: EVENTS.v1 };
}

export function webhookBody(generation: Generation, url: string): object {
  const events = EVENTS[generation];
  return generation === 'v2'
    ? { webhook: { enabled: true, url, byEvents: false, base64: false, events } }
    : { url, enabled: true, webhook_by_events: false, webhook_base64: false, events };
}

/** Whether the server would tell us all that we want to know. `found`: what `webhook/find` answered. */
export function isWebhookSet(generation: Generation, found: unknown, url: string): boolean {
  if (typeof found !== 'object' || found === null) return false;
  const it = found as Record<string, unknown>;
  const byEvents = it['webhookByEvents'] ?? it['webhook_by_events'];
  const events = Array.isArray(it['events']) ? it['events'] : [];
  return (
    it['enabled'] === true &&
    it['url'] === url &&
    byEvents !== true &&
    EVENTS[generation].every((event) => events.includes(event))
  );
}

const GROUP_METHODS: Readonly<Record<string, RemoteCall['method']>> = {
  create: 'POST',
  fetchAllGroups: 'GET',
  findGroupInfos: 'GET',
  inviteCode: 'GET',
  acceptInviteCode: 'GET',
  leaveGroup: 'DELETE',
};

/** What is asked for, or else changed. */
export const groupMethod = (generation: Generation, action: string): RemoteCall['method'] =>
  GROUP_METHODS[action] ?? restartMethod(generation);

export const restartMethod = (generation: Generation): 'PUT' | 'POST' => (generation === 'v1' ? 'PUT' : 'POST');

/** Messages from then on, newest first. `from` and `to` in ms since the epoch. */
export function messagesBody(from: number, to: number, page: number, size: number): object {
  const messageTimestamp = { gte: new Date(from).toISOString(), lte: new Date(to).toISOString() };
  return { where: { messageTimestamp }, page, offset: size };
}

export function readBody(generation: Generation, keys: readonly object[]): Wording {
  return generation === 'v1'
    ? { method: 'PUT', path: 'chat/markMessageAsRead', body: { read_messages: keys } }
    : { method: 'POST', path: 'chat/markMessageAsRead', body: { readMessages: keys } };
}

/** `delay` in ms. */
export function presenceBody(generation: Generation, chat: string, presence: string, delay: number): object {
  const number = numberOf(chat);
  return generation === 'v1' ? { number, options: { presence, delay } } : { number, presence, delay };
}

/** A key as the server writes one. */
export function keyOf({ waId: id, chat, sender, fromMe }: MessageKey): {
  id: string;
  remoteJid: string;
  fromMe: boolean;
  participant?: string;
} {
  const inGroup = chat.endsWith('@g.us') && !fromMe;
  return { id, remoteJid: chat, fromMe, ...(inGroup && { participant: sender }) };
}

/** Digits of a phone number; a LID or a group as it is. */
export function numberOf(jid: string): string {
  return jid.replace(/@s\.whatsapp\.net$/, '');
}
