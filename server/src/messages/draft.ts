/** What a request wants said, as the content that is stored. */
import type { MessageContent, SendMessage } from '@zapfleet/contract';
import { invalidField } from '../domain/gateway-error.ts';
import { identityBlock } from '../domain/identity.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Kept, MessageMedia } from '../ports/media.ts';
import { contactCard } from './contact-cards.ts';
import { parseRecipient } from './recipient.ts';

/** `kept`: what was made on the disk for it, to be stored with the message or thrown away. */
export type Drafted = { content: MessageContent; kept: Kept | null };

/** `target` is the message that a reaction or a vote is about. Throws `validation_failed` and what `MessageMedia.accept` throws. */
export async function draftContent(
  session: SessionRecord,
  message: SendMessage,
  target: MessageRecord | null,
  media: Pick<MessageMedia, 'accept' | 'preview'>,
): Promise<Drafted> {
  switch (message.type) {
    case undefined:
    case 'text':
      return draftText(session, message, media);
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'document':
    case 'sticker':
      return draftFile(session, message, media);
    case 'location': {
      const { type, latitude, longitude, name = null, address = null } = message;
      return plain({ type, latitude, longitude, name, address, live: false });
    }
    case 'contact':
      return plain({ type: 'contact', contacts: message.contacts.map(cardOf) });
    case 'poll':
      return plain(pollOf(message));
    case 'reaction':
      return plain({ type: 'reaction', messageId: message.messageId, emoji: message.emoji || null });
    case 'poll_vote':
      return plain({ type: 'poll_vote', messageId: message.messageId, options: votedOf(message.options, target) });
  }
}

type Text = Extract<SendMessage, { type?: 'text' | undefined }>;
type File = Extract<SendMessage, { media: unknown }>;

const plain = (content: MessageContent): Drafted => ({ content, kept: null });

async function draftText(
  session: SessionRecord,
  { text, mentions = [], linkPreview = false }: Text,
  media: Pick<MessageMedia, 'preview'>,
): Promise<Drafted> {
  const content = { type: 'text', text, mentions: mentions.map(mentionJid) } as const;
  if (linkPreview === false) return plain(content);
  if (linkPreview !== true) {
    const { url, title = null, description = null } = linkPreview;
    return plain({ ...content, linkPreview: { url, title, description } });
  }
  const made = await media.preview(session, text);
  return made ? { content: { ...content, linkPreview: made.preview }, kept: made } : plain(content);
}

async function draftFile(session: SessionRecord, message: File, media: Pick<MessageMedia, 'accept'>): Promise<Drafted> {
  const mentions = 'mentions' in message ? (message.mentions ?? []).map(mentionJid) : [];
  const kept = await media.accept(session, {
    kind: message.type,
    media: message.media,
    ...('seconds' in message && message.seconds !== undefined && { seconds: message.seconds }),
    ...('waveform' in message && message.waveform !== undefined && { waveform: message.waveform }),
  });
  const file = kept.media;
  switch (message.type) {
    case 'image':
    case 'document':
      return { kept, content: { type: message.type, caption: message.caption || null, mentions, media: file } };
    case 'video': {
      const { caption = '', gif = false } = message;
      return { kept, content: { type: 'video', caption: caption || null, mentions, gif, media: file } };
    }
    case 'audio':
    case 'voice':
      return { kept, content: { type: message.type, media: file } };
    case 'sticker':
      return { kept, content: { type: 'sticker', animated: false, media: file } };
  }
}

function cardOf(wanted: { name: string; phoneNumber?: string | undefined; vcard?: string | undefined }, at: number) {
  const card = contactCard(wanted);
  if (!card) throw invalidField(`contacts.${at}.phoneNumber`, 'is needed where there is no vcard');
  return card;
}

function pollOf({ question, options, selectable = 1 }: Extract<SendMessage, { type: 'poll' }>): MessageContent {
  if (new Set(options).size < options.length) throw invalidField('options', 'must differ from one another');
  if (selectable > options.length) throw invalidField('selectable', 'must not be more than there are options');
  return { type: 'poll', question, options, selectable };
}

function votedOf(options: readonly string[], target: MessageRecord | null): string[] {
  const poll = target?.content.type === 'poll' ? target.content : null;
  const unknown = options.find((option) => !poll?.options.includes(option));
  if (unknown !== undefined) throw invalidField('options', `"${unknown}" is no option of this poll`);
  const voted = [...new Set(options)];
  if (poll && poll.selectable > 0 && voted.length > poll.selectable) {
    throw invalidField('options', `must not be more than ${poll.selectable}`);
  }
  return voted;
}

/** A mention is a phone number, a JID or a LID; WhatsApp wants a JID. */
export function mentionJid(written: string): string {
  const parsed = parseRecipient(written);
  if (parsed.kind === 'person') return identityBlock(parsed.identity).jid;
  const reason = parsed.kind === 'unknown' ? parsed.reason : 'is a group, which cannot be mentioned';
  throw invalidField('mentions', `"${written}" ${reason}`);
}
