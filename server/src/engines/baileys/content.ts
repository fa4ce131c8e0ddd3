/** The inside of a message: the plaintexts of one stanza, read as what a person would see. */
import type { WAMessageContent } from 'baileys';
import type { EngineContent } from '../../ports/engine.ts';
import { getContentType, normalizeMessageContent, proto } from './library.ts';

export type ReadContent = { content: EngineContent; quotedWaId: string | null };

/** What devices tell each other and no person reads: keys, settings and history that this account's own phone shares. */
const { Type } = proto.Message.ProtocolMessage;
const housekeeping = new Set<number>([
  Type.HISTORY_SYNC_NOTIFICATION,
  Type.APP_STATE_SYNC_KEY_SHARE,
  Type.APP_STATE_SYNC_KEY_REQUEST,
  Type.APP_STATE_FATAL_EXCEPTION_NOTIFICATION,
  Type.INITIAL_SECURITY_NOTIFICATION_SETTING_SYNC,
  Type.PEER_DATA_OPERATION_REQUEST_MESSAGE,
  Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
  Type.LID_MIGRATION_MAPPING_SYNC,
]);

/** Parts that accompany a message and are none by themselves. */
const accompanying = new Set([
  'messageContextInfo',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
]);

/** A decrypted part, padded or not, as WhatsApp's message proto. Throws where it is none. */
export function decodePlaintext(plaintext: Uint8Array, padded: boolean): proto.IMessage {
  const message = proto.Message.decode(padded ? withoutPadding(plaintext) : plaintext);
  return message.deviceSentMessage?.message ?? message;
}

/** A message that says nothing, padded as the sender would. */
export function emptyPlaintext(): Uint8Array {
  return Buffer.from([1]);
}

/** What the parts of one stanza say together; null where it is nothing for a person. */
export function readContent(parts: readonly proto.IMessage[]): ReadContent | null {
  const whole = parts.reduce<WAMessageContent>((sum, part) => ({ ...sum, ...part }), {});
  const message = normalizeMessageContent(whole);
  const kind = kindOf(message);
  if (!message || !kind) return null;
  if (kind === 'conversation') return text(message.conversation ?? '', null);
  if (kind === 'extendedTextMessage') {
    const { text: words, contextInfo } = message.extendedTextMessage ?? {};
    return text(words ?? '', contextInfo ?? null);
  }
  if (kind === 'protocolMessage') return protocolContent(message.protocolMessage);
  return { content: { type: 'unsupported', kind }, quotedWaId: quotedBy(message[kind]) };
}

function text(words: string, context: proto.IContextInfo | null): ReadContent {
  return {
    content: { type: 'text', text: words, mentions: context?.mentionedJid ?? [] },
    quotedWaId: context?.stanzaId ?? null,
  };
}

function protocolContent(message: proto.Message.IProtocolMessage | null | undefined): ReadContent | null {
  const type = message?.type ?? Type.REVOKE;
  if (housekeeping.has(type)) return null;
  const name = (proto.Message.ProtocolMessage.Type as Record<number, string | undefined>)[type];
  return {
    content: { type: 'unsupported', kind: `protocolMessage.${(name ?? String(type)).toLowerCase()}` },
    quotedWaId: null,
  };
}

function kindOf(message: WAMessageContent | undefined): keyof proto.IMessage | undefined {
  const known = getContentType(message);
  if (known) return known;
  // A kind that this version of the library has no rule for still has a name.
  return Object.keys(message ?? {}).find((key) => !accompanying.has(key)) as keyof proto.IMessage | undefined;
}

function quotedBy(content: unknown): string | null {
  if (typeof content !== 'object' || content === null || !('contextInfo' in content)) return null;
  const context = content.contextInfo;
  if (typeof context !== 'object' || context === null || !('stanzaId' in context)) return null;
  return typeof context.stanzaId === 'string' ? context.stanzaId : null;
}

/** The last byte says how many were added: 1 to 16. */
function withoutPadding(plaintext: Uint8Array): Uint8Array {
  const added = plaintext[plaintext.length - 1] ?? 0;
  if (added === 0 || added > plaintext.length)
    throw new Error(`a plaintext of ${plaintext.length} bytes with ${added} of padding`);
  return plaintext.subarray(0, plaintext.length - added);
}
