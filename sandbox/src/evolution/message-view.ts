import type { Generation } from './protocol.ts';
import { type WAMessage, WAMessageStatus, getContentType, isPnUser } from 'baileys';

/** A message as the server tells and keeps it. */
export type MessageView = {
  readonly key: Readonly<Record<string, unknown>> & { readonly id: string; readonly remoteJid: string };
  readonly pushName: string | undefined;
  readonly status?: string;
  readonly message: Readonly<Record<string, unknown>>;
  readonly contextInfo?: unknown;
  readonly messageType: string;
  readonly messageTimestamp: number;
  readonly instanceId: string;
  readonly source: string;
};

/** An extended text is told as a plain one, with what belongs to it beside it. */
export function messageView(
  { key, message, pushName, messageTimestamp }: WAMessage,
  instanceId: string,
  generation: Generation,
): MessageView {
  const inner = message?.documentWithCaptionMessage?.message ?? message;
  const type = getContentType(inner ?? undefined) ?? 'unknown';
  const content = told(inner ?? {}, generation);
  const part = content[type] as { contextInfo?: unknown; text?: string } | string | undefined;
  const isExtended = type === 'extendedTextMessage' && typeof part === 'object';
  const contextInfo = typeof part === 'object' ? part.contextInfo : undefined;
  // Senders are named by number where it is known, whatever they were addressed by.
  const { remoteJidAlt, participantAlt } = key;
  const remoteJid = isPnUser(remoteJidAlt ?? undefined) ? remoteJidAlt : key.remoteJid;
  return {
    key: {
      ...key,
      id: key.id ?? '',
      remoteJid: remoteJid ?? '',
      ...(remoteJid === remoteJidAlt && remoteJidAlt && { remoteJidAlt: key.remoteJid }),
      ...(participantAlt && { participantAlt }),
    },
    pushName: key.fromMe === true ? 'Você' : (pushName ?? undefined),
    status: 'DELIVERY_ACK',
    message: isExtended ? { conversation: part.text ?? '' } : content,
    ...(contextInfo !== undefined && { contextInfo }),
    messageType: isExtended ? 'conversation' : type,
    messageTimestamp: Number(messageTimestamp ?? 0),
    instanceId,
    source: 'web',
  };
}

/** Bytes are base64 in 1.8, and maps of their places in 2; large numbers are texts, or halves. */
function told(message: object, generation: Generation): Readonly<Record<string, unknown>> {
  const value = generation === 'v1' ? (JSON.parse(JSON.stringify(message)) as unknown) : apart(message);
  return value as Readonly<Record<string, unknown>>;
}

function apart(value: unknown): unknown {
  if (value instanceof Uint8Array) return Object.fromEntries(value.entries());
  if (Array.isArray(value)) return value.map(apart);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, apart(one)]));
}

const STATUSES: Readonly<Record<number, string>> = {
  [WAMessageStatus.ERROR]: 'ERROR',
  [WAMessageStatus.PENDING]: 'PENDING',
  [WAMessageStatus.SERVER_ACK]: 'SERVER_ACK',
  [WAMessageStatus.DELIVERY_ACK]: 'DELIVERY_ACK',
  [WAMessageStatus.READ]: 'READ',
  [WAMessageStatus.PLAYED]: 'PLAYED',
};

export function statusView(status: number): string {
  return STATUSES[status] ?? 'SERVER_ACK';
}
