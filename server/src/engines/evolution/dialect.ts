/** What the two generations of the server say differently: 1.8 in flat snake_case, 2 in camelCase. Pure. */
import type { MessageKey, OutgoingContent, QuotedMessage } from '../../ports/engine.ts';
import type { RemoteCall } from './client.ts';

export type Generation = 'v1' | 'v2';

/** How something is asked for; the instance stands at the end of `path` where there is one. */
export type Wording = { method: RemoteCall['method']; path: string; body: object };

const COMMON = ['QRCODE_UPDATED', 'CONNECTION_UPDATE', 'MESSAGES_UPSERT', 'MESSAGES_UPDATE', 'MESSAGES_DELETE'];
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

type Sayable = Extract<OutgoingContent, { type: 'text' | 'location' | 'reaction' | 'edit' | 'revoke' }>;

/** null: this engine has no word for it. */
export function sendWording(
  generation: Generation,
  to: string,
  content: OutgoingContent,
  quoted: QuotedMessage | null,
): Wording | null {
  const isSayable = (one: OutgoingContent): one is Sayable =>
    ['text', 'location', 'reaction', 'edit', 'revoke'].includes(one.type);
  return isSayable(content) ? wordingOf(generation, to, content, quoted) : null;
}

function wordingOf(generation: Generation, to: string, content: Sayable, quoted: QuotedMessage | null): Wording {
  const number = numberOf(to);
  const isOld = generation === 'v1';
  switch (content.type) {
    case 'text': {
      const { text, mentions } = content;
      const mentioned = mentions.map(numberOf);
      const aside = {
        linkPreview: false,
        ...(quoted && { quoted: { key: keyOf(quoted), message: { conversation: quoted.text } } }),
      };
      const body = isOld
        ? {
            ...{ number, textMessage: { text } },
            options: { ...aside, ...(mentioned.length > 0 && { mentions: { everyOne: false, mentioned } }) },
          }
        : { number, text, ...aside, ...(mentioned.length > 0 && { mentioned }) };
      return { method: 'POST', path: 'message/sendText', body };
    }
    case 'location': {
      const { latitude, longitude, name, address } = content;
      const place = { latitude, longitude, ...(name !== null && { name }), ...(address !== null && { address }) };
      const body = isOld ? { number, locationMessage: place } : { number, ...place };
      return { method: 'POST', path: 'message/sendLocation', body };
    }
    case 'reaction': {
      const reaction = { key: keyOf(content.target), reaction: content.emoji ?? '' };
      const body = isOld ? { reactionMessage: reaction } : reaction;
      return { method: 'POST', path: 'message/sendReaction', body };
    }
    case 'edit': {
      const body = { number, text: content.text, key: keyOf(content.target) };
      return { method: isOld ? 'PUT' : 'POST', path: 'chat/updateMessage', body };
    }
    case 'revoke':
      return { method: 'DELETE', path: 'chat/deleteMessageForEveryone', body: keyOf(content.target) };
  }
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
