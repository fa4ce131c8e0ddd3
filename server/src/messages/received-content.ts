/** What an engine reads in a message, as the content that is stored. Pure. */
import type { Media, MediaKind, MessageContent, MessageId } from '@zapfleet/contract';
import type { EngineContent, EngineMedia, MessageKey } from '../ports/engine.ts';
import { numbersIn } from './contact-cards.ts';

/** What the content names and is stored elsewhere: its file, and the message that it is about. */
export type Found = { media: Media | null; targetId: MessageId | null };

export function storedContent(content: EngineContent, { media, targetId }: Found): MessageContent {
  switch (content.type) {
    case 'text': {
      const { text, mentions, linkPreview } = content;
      return { type: 'text', text, mentions: [...mentions], ...(linkPreview && { linkPreview }) };
    }
    case 'image':
    case 'document': {
      const { type, caption, mentions } = content;
      return media ? { type, caption, mentions: [...mentions], media } : fileless(type);
    }
    case 'video': {
      const { type, caption, mentions, gif = false } = content;
      return media ? { type, caption, mentions: [...mentions], gif, media } : fileless(type);
    }
    case 'audio':
    case 'voice':
      return media ? { type: content.type, media } : fileless(content.type);
    case 'sticker':
      return media ? { type: 'sticker', animated: content.animated ?? false, media } : fileless('sticker');
    case 'location': {
      const { type, latitude, longitude, name, address, live } = content;
      return { type, latitude, longitude, name, address, live };
    }
    case 'contact': {
      const contacts = content.contacts.map(({ name, vcard }) => ({ name, vcard, phoneNumbers: numbersIn(vcard) }));
      return { type: 'contact', contacts };
    }
    case 'poll': {
      const { type, question, options, selectable } = content;
      return { type, question, options: [...options], selectable };
    }
    case 'reaction':
      return { type: 'reaction', messageId: targetId, emoji: content.emoji || null };
    case 'edit':
      return { type: 'edit', messageId: targetId, text: content.text, mentions: [...content.mentions] };
    case 'revoke':
      return { type: 'revoke', messageId: targetId };
    case 'poll_vote':
      return { type: 'poll_vote', messageId: targetId, options: [...content.options] };
    case 'unsupported':
      return { type: 'unsupported', kind: content.kind };
  }
}

const fileless = (kind: string): MessageContent => ({ type: 'unsupported', kind });

/** The file that comes with it. */
export function fileIn(content: EngineContent): { kind: MediaKind; media: EngineMedia } | null {
  return 'media' in content ? { kind: content.type, media: content.media } : null;
}

/** What a reaction, an edit, a revoke or a vote is about. */
export function targetIn(content: EngineContent): MessageKey | null {
  return 'target' in content ? content.target : null;
}
