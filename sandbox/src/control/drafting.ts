import { createCipheriv } from 'node:crypto';
import { Readable } from 'node:stream';
import type { z } from 'zod';
import { STATUS_ID, broadcastList, statusOf } from '../network/circles.ts';
import { Refused } from '../network/refused.ts';
import type { World } from '../network/world.ts';
import { isAdmin } from '../network/group-members.ts';
import type { Addressee, Chat } from '../people/chat.ts';
import type { Draft, Manner, MediaDraft } from '../people/draft.ts';
import { type MediaType, kindOf } from '../people/media-messages.ts';
import { digitsOf, findPerson } from '../people/numbers.ts';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import type { ScreenMessage } from '../store/screens.ts';
import { present } from '../wire/present.ts';
import { groupOf } from './group-routes.ts';
import type { Media, MessageBody } from './message-bodies.ts';

type Contact = Extract<MessageBody, { type: 'contact' }>['contacts'][number];
/** A file is on the media host before it is spoken of. */
type Uploaded = MediaDraft['file'];

const MIMETYPE: Record<MediaType, string> = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/mp4',
  voice: 'audio/ogg; codecs=opus',
  document: 'application/octet-stream',
  sticker: 'image/webp',
};
const CHUNK = 256 * 1024;

export async function uploadFor(world: World, author: Account, body: MessageBody): Promise<Uploaded | undefined> {
  if (!('media' in body)) return undefined;
  const { base64, bytes = 0 } = body.media;
  const content =
    base64 === undefined ? Readable.from(anything(bytes)) : Readable.from([Buffer.from(base64, 'base64')]);
  return world.media.upload(author.phone, kindOf(body.type), content);
}

/** What the body means on this person's phone. Throws `Refused` for what is not there. */
export function draftOf(
  world: World,
  author: Account,
  chat: Chat,
  body: MessageBody,
  file: Uploaded | undefined,
): Draft {
  switch (body.type) {
    case undefined:
    case 'text': {
      const { text, linkPreview } = body;
      if (linkPreview === undefined) return { type: 'text', text };
      const thumbnail = linkPreview.thumbnail === undefined ? undefined : Buffer.from(linkPreview.thumbnail, 'base64');
      return { type: 'text', text, linkPreview: { ...linkPreview, thumbnail } };
    }
    case 'location':
      return body;
    case 'contact':
      return { type: 'contact', contacts: body.contacts.map(cardOf) };
    case 'poll':
      return body;
    case 'poll_vote':
      return voteOf(targetOf(world, author, chat, body.messageId), body.options);
    case 'reaction':
      return {
        type: 'reaction',
        target: targetOf(world, author, chat, body.messageId),
        emoji: body.emoji === '' ? null : body.emoji,
      };
    case 'edit':
      return { type: 'edit', target: ownOf(targetOf(world, author, chat, body.messageId), author), text: body.text };
    case 'revoke':
      return { type: 'revoke', target: revocable(world, author, chat, targetOf(world, author, chat, body.messageId)) };
    case 'timer':
      return { type: 'timer', ephemeralSeconds: body.ephemeralSeconds };
    default:
      if (file === undefined) throw new Error('a file is uploaded before it is spoken of');
      return { ...body, file, looks: looksOf(body.type, body.media), caption: body.caption };
  }
}

export function mannerOf(world: World, author: Account, body: MessageBody): Manner {
  const { quotedId, mentions, forwarded, forwardingScore, viewOnce, ephemeralSeconds } = body;
  const quoted = quotedId === undefined ? undefined : world.screens.byId(author.phone, quotedId);
  if (quotedId !== undefined && quoted === undefined) {
    throw new Refused(404, 'message_not_found', 'The quoted message is not on this phone’s screen.', { quotedId });
  }
  return {
    quoted,
    mentioned: mentions.map((mention) => person(world, mention)),
    forwardingScore: forwardingScore ?? (forwarded === true ? 1 : 0),
    viewOnce,
    ephemeralSeconds,
  };
}

type Written = {
  readonly to?: string | undefined;
  readonly groupId?: string | undefined;
  readonly recipients?: readonly string[] | undefined;
};

/** A person, a group by its id, several people as a broadcast list, or those who see this person's statuses. */
export function addresseeOf(world: World, author: Account, { to, groupId, recipients }: Written): Addressee {
  const people = recipients?.map((recipient) => person(world, recipient));
  if (to === STATUS_ID) return { circle: statusOf(author), people: people ?? contactsOf(world, author) };
  if (people !== undefined) return { circle: broadcastList(author, people), people };
  return chatPartnerOf(world, { to, groupId });
}

/** A person, or a group by its id. */
export function chatPartnerOf(world: World, { to, groupId }: Omit<Written, 'recipients'>): Account | Group {
  const group = groupId ?? (to?.endsWith('@g.us') === true ? to : undefined);
  if (group !== undefined) return groupOf(world, { id: group });
  if (to !== undefined) return person(world, to);
  throw new Refused(
    400,
    'validation_failed',
    'A message goes to a number (`to`), a group (`groupId`) or several people (`recipients`).',
  );
}

/** Who has a chat with somebody sees his statuses. */
function contactsOf(world: World, author: Account): Account[] {
  return world.screens.peersOf(author.phone).flatMap((phone) => world.accounts.byPhone(phone) ?? []);
}

function person(world: World, written: string): Account {
  const account = findPerson(world, written);
  if (account !== undefined) return account;
  throw new Refused(404, 'recipient_not_on_whatsapp', 'Nobody on this network has this number.', { to: written });
}

function targetOf(world: World, author: Account, chat: Chat, messageId: string): ScreenMessage {
  const target = world.screens.byId(author.phone, messageId);
  if (target?.chat === chat.id) return target;
  throw new Refused(404, 'message_not_found', 'This message is not in this chat on the phone’s screen.', { messageId });
}

function ownOf(target: ScreenMessage, author: Account): ScreenMessage {
  if (target.from === author.phone) return target;
  throw new Refused(403, 'not_the_author', 'Only who wrote a message can change it.', { messageId: target.id });
}

/** Admins of a group take back also what others wrote. */
function revocable(world: World, author: Account, { group }: Chat, target: ScreenMessage): ScreenMessage {
  return group !== undefined && isAdmin(world, group, author) ? target : ownOf(target, author);
}

function voteOf(target: ScreenMessage, options: readonly string[]): Draft {
  const { options: offered = [], selectable = 0 } = target.details ?? {};
  if (target.type !== 'poll' || offered.length === 0) {
    throw new Refused(409, 'not_a_poll', 'This message is no poll.', { messageId: target.id });
  }
  const unknown = options.find((option) => !offered.includes(option));
  if (unknown !== undefined) {
    throw new Refused(400, 'validation_failed', 'The poll has no such option.', { option: unknown });
  }
  if (selectable > 0 && options.length > selectable) {
    throw new Refused(400, 'validation_failed', 'The poll takes fewer options.', { selectable });
  }
  return { type: 'poll_vote', target, options };
}

function looksOf(type: MediaType, media: z.infer<typeof Media>): MediaDraft['looks'] {
  const { mimetype, filename, seconds, width, height, waveform, thumbnail } = media;
  return present<MediaDraft['looks']>({
    mimetype: mimetype ?? MIMETYPE[type],
    filename: filename ?? (type === 'document' ? 'file' : undefined),
    seconds,
    width,
    height,
    waveform,
    thumbnail,
  });
}

function cardOf({ name, phoneNumber = '', vcard }: Contact): { name: string; vcard: string } {
  return { name, vcard: vcard ?? vcardOf(name, phoneNumber) };
}

function vcardOf(name: string, phoneNumber: string): string {
  const digits = digitsOf(phoneNumber) ?? phoneNumber.replace(/\D/g, '');
  const plain = name.replace(/[\r\n]/g, ' ').replace(/[\\;,]/g, '\\$&');
  const lines = ['BEGIN:VCARD', 'VERSION:3.0', `N:;${plain};;;`, `FN:${plain}`];
  return [...lines, `TEL;type=CELL;waid=${digits}:+${digits}`, 'END:VCARD'].join('\n');
}

/** Bytes that no compression makes smaller, without holding them. */
function* anything(bytes: number): Generator<Buffer> {
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK);
  for (let left = bytes; left > 0; left -= CHUNK) yield noise.update(zeros.subarray(0, Math.min(CHUNK, left)));
}
