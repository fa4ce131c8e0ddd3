/** A stored message as its engine sends it, made anew for every attempt. */
import type { LinkPreview, MessageContent, MessageError } from '@zapfleet/contract';
import { identityBlock } from '../domain/identity.ts';
import { isLost, type MessageRecord } from '../domain/message.ts';
import type { MessageKey, OutgoingContent, OutgoingMessage, QuotedMessage } from '../ports/engine.ts';
import type { MessageMedia } from '../ports/media.ts';
import type { Store } from '../ports/store.ts';

export type ContentParts = { store: Pick<Store, 'messages'>; media: Pick<MessageMedia, 'outgoing' | 'previewImage'> };

export type Made = { ok: true; message: OutgoingMessage } | { ok: false; error: MessageError };

const lost = (error: MessageError): Made => ({ ok: false, error });

/** `to` is where it goes: a JID, a LID or a group. Not ok where what it needs is here no longer. */
export async function makeOutgoing(parts: ContentParts, record: MessageRecord, to: string): Promise<Made> {
  const content = await contentOf(parts, record);
  if (!('content' in content)) return lost(content.error);
  const { waId, forwarded, viewOnce, ephemeralSeconds } = record;
  return {
    ok: true,
    message: {
      waId,
      to,
      content: content.content,
      quoted: await quotedOf(parts, record),
      ...(forwarded && { forwarded }),
      ...(viewOnce && { viewOnce }),
      ...(ephemeralSeconds !== null && { ephemeralSeconds }),
    },
  };
}

type Content = { content: OutgoingContent } | { error: MessageError };

async function contentOf(parts: ContentParts, record: MessageRecord): Promise<Content> {
  const { content } = record;
  switch (content.type) {
    case 'text': {
      const { text, mentions, linkPreview } = content;
      return { content: { type: 'text', text, mentions, ...(await previewOf(parts, record, linkPreview)) } };
    }
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'document':
    case 'sticker':
      return fileOf(parts, record, content);
    case 'location': {
      const { type, latitude, longitude, name, address } = content;
      return { content: { type, latitude, longitude, name, address } };
    }
    case 'contact':
    case 'poll':
      return { content };
    case 'reaction':
    case 'edit':
    case 'revoke':
    case 'poll_vote':
      return aboutTarget(parts, record, content);
    case 'revoked':
    case 'undecryptable':
    case 'unsupported':
      return { error: { code: 'refused', reason: 'There is nothing in it to be sent.' } };
  }
}

async function previewOf(
  { media }: ContentParts,
  record: MessageRecord,
  preview: LinkPreview | null | undefined,
): Promise<Pick<Extract<OutgoingContent, { type: 'text' }>, 'linkPreview'>> {
  if (!preview) return {};
  return { linkPreview: { ...preview, thumbnail: await media.previewImage(record) } };
}

type FileContent = Extract<MessageContent, { media: unknown }>;

async function fileOf({ media }: ContentParts, record: MessageRecord, content: FileContent): Promise<Content> {
  const file = await media.outgoing(record);
  if (!file) return { error: { code: 'media_unavailable', reason: 'Its file is here no longer.' } };
  return {
    content: {
      type: content.type,
      media: file,
      caption: 'caption' in content ? content.caption : null,
      mentions: 'mentions' in content ? content.mentions : [],
      ...(content.type === 'video' && content.gif && { gif: true }),
    },
  };
}

type AboutContent = Extract<MessageContent, { messageId: unknown }>;

async function aboutTarget({ store }: ContentParts, record: MessageRecord, content: AboutContent): Promise<Content> {
  const target = content.messageId && (await store.messages.get(content.messageId, record.tenantId));
  if (!target || isLost(target.status)) {
    return { error: { code: 'refused', reason: 'The message that it is about was never sent, or is here no longer.' } };
  }
  const key = keyOf(target);
  switch (content.type) {
    case 'reaction':
      return { content: { type: 'reaction', target: key, emoji: content.emoji } };
    case 'edit':
      return { content: { type: 'edit', target: key, text: content.text, mentions: content.mentions } };
    case 'revoke':
      return { content: { type: 'revoke', target: key } };
    case 'poll_vote':
      return { content: { type: 'poll_vote', target: key, options: content.options } };
  }
}

async function quotedOf({ store }: ContentParts, record: MessageRecord): Promise<QuotedMessage | null> {
  if (record.quotedId === null) return null;
  const quoted = await store.messages.get(record.quotedId, record.tenantId);
  return quoted && { ...keyOf(quoted), text: wordsOf(quoted.content) };
}

function keyOf({ waId, chat, from, direction }: MessageRecord): MessageKey {
  return { waId, chat, sender: identityBlock(from).jid, fromMe: direction === 'out' };
}

/** What a quotation shows of a message. */
function wordsOf(content: MessageContent): string {
  switch (content.type) {
    case 'text':
      return content.text;
    case 'image':
    case 'video':
    case 'document':
      return content.caption ?? '';
    case 'poll':
      return content.question;
    case 'location':
      return content.name ?? content.address ?? '';
    case 'contact':
      return content.contacts.map(({ name }) => name).join(', ');
    default:
      return '';
  }
}
