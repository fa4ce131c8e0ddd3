/** What we send, as WhatsApp's message proto. */
import { randomBytes } from 'node:crypto';
import { GatewayError } from '../../domain/gateway-error.ts';
import type { OutgoingMessage, QuotedMessage } from '../../ports/engine.ts';
import { proto } from './library.ts';

/** No link preview is made here: the library would fetch the address in the text. */
export function messageProto({ content, quoted }: OutgoingMessage): proto.IMessage {
  if (content.type !== 'text') throw new GatewayError('not_supported_by_engine');
  const { text, mentions } = content;
  const context: proto.IContextInfo = {
    ...(mentions.length === 0 ? {} : { mentionedJid: [...mentions] }),
    ...(quoted ? quotation(quoted) : {}),
  };
  return proto.Message.create({
    extendedTextMessage: { text, ...(Object.keys(context).length === 0 ? {} : { contextInfo: context }) },
    // What later edits, reactions and reports of this message are bound to.
    messageContextInfo: { messageSecret: randomBytes(32) },
  });
}

export function encodeProto(message: proto.IMessage): Uint8Array {
  return proto.Message.encode(message).finish();
}

export function decodeProto(bytes: Uint8Array): proto.IMessage {
  return proto.Message.decode(bytes);
}

function quotation({ waId, chat, sender, text }: QuotedMessage): proto.IContextInfo {
  return { stanzaId: waId, participant: sender, remoteJid: chat, quotedMessage: { conversation: text } };
}
