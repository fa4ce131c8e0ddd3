/** What stands around the words of a message we send: whom it mentions, what it quotes, that it is forwarded, how long it stays. */
import type { OutgoingMessage, QuotedMessage } from '../../../ports/engine.ts';
import { plainJid } from '../envelope.ts';
import type { proto } from '../library.ts';
import type { Kept } from './kept.ts';
import { unwrap } from './unwrap.ts';

export async function contextOf(
  { content, quoted, forwarded, ephemeralSeconds, to }: OutgoingMessage,
  kept: (waId: string) => Promise<Kept | null>,
): Promise<proto.IContextInfo> {
  const mentions = 'mentions' in content ? content.mentions : [];
  return {
    ...(mentions.length === 0 ? {} : { mentionedJid: [...mentions] }),
    ...(quoted ? quotation(quoted, to, await kept(quoted.waId)) : {}),
    ...(forwarded ? { isForwarded: true, forwardingScore: 1 } : {}),
    ...(ephemeralSeconds ? { expiration: ephemeralSeconds } : {}),
  };
}

/** The message with the context at its one content. */
export function withContext(message: proto.IMessage, contextInfo: proto.IContextInfo): proto.IMessage {
  if (Object.keys(contextInfo).length === 0) return message;
  const { kind } = unwrap(message);
  return kind ? { ...message, [kind]: { ...(message[kind] as object), contextInfo } } : message;
}

function quotation({ waId, chat, sender, text }: QuotedMessage, to: string, kept: Kept | null): proto.IContextInfo {
  // A person has two names, and only what stood in another kind of chat came from elsewhere for certain.
  const elsewhere = chat !== to && (chat.endsWith('@g.us') || chat.endsWith('@broadcast'));
  return {
    stanzaId: waId,
    participant: plainJid(sender),
    ...(elsewhere ? { remoteJid: chat } : {}),
    quotedMessage: (kept && quotable(kept.message)) ?? { conversation: text },
  };
}

/** The content alone, without what it quoted in turn; null where nothing of it was kept. */
function quotable(message: proto.IMessage): proto.IMessage | null {
  const { message: inner, kind } = unwrap(message);
  const content = kind && inner[kind];
  if (!content) return null;
  return { [kind]: typeof content === 'object' ? { ...content, contextInfo: undefined } : content };
}
