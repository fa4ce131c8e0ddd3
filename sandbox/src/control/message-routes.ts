import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { memberAddress } from '../network/group-stanzas.ts';
import { Refused } from '../network/refused.ts';
import type { World } from '../network/world.ts';
import { findPerson } from '../people/numbers.ts';
import { writeToGroup } from '../people/group-writes.ts';
import { composeText } from '../people/message-content.ts';
import { phoneLooks } from '../people/phone-reads.ts';
import { writeText } from '../people/phone-writes.ts';
import type { Account } from '../store/accounts.ts';
import type { Group } from '../store/groups.ts';
import type { ScreenMessage } from '../store/screens.ts';
import type { Controls } from './controls.ts';
import { groupOf } from './group-routes.ts';
import { phoneOf } from './phone-routes.ts';

export const MessageBody = z.object({
  /** A person, or a group's id. */
  to: z.string().min(1).optional(),
  groupId: z.string().min(1).optional(),
  text: z.string().min(1),
  quotedId: z.string().min(1).optional(),
  mentions: z.array(z.string().min(1)).max(256).default([]),
});
const PageQuery = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().positive().default(100),
  read: z.stringbool().default(false),
});

const LARGEST_PAGE = 100_000;
/** What the table of calls names and is not built yet. */
const LATER = ['media', 'location', 'contact', 'poll', 'reaction'] as const;

export function messageRoutes(http: FastifyInstance, { world }: Controls): void {
  http.post('/sandbox/phones/:phone/messages', (request, reply) => {
    const author = phoneOf(world, request.params);
    refuseWhatComesLater(request.body);
    const id = write(world, author, MessageBody.parse(request.body));
    return reply.code(201).send({ id });
  });

  http.get('/sandbox/phones/:phone/messages', (request) => {
    const account = phoneOf(world, request.params);
    const { after, limit, read } = PageQuery.parse(request.query);
    const size = Math.min(limit, LARGEST_PAGE);
    let messages = world.screens.page(account.phone, after, size);
    const last = messages.at(-1)?.seq;
    if (read && last !== undefined) {
      world.db.transaction(() => phoneLooks(world, account, last));
      messages = world.screens.page(account.phone, after, messages.length);
    }
    return {
      data: messages.map((message) => messageView(world, account, message)),
      nextCursor: messages.length === size ? String(last) : null,
    };
  });
}

/** Answers the id of the message. */
export function write(world: World, author: Account, body: z.infer<typeof MessageBody>): string {
  const to = addresseeOf(world, body);
  const quoted = body.quotedId === undefined ? undefined : world.screens.byId(author.phone, body.quotedId);
  if (body.quotedId !== undefined && quoted === undefined) {
    throw new Refused(404, 'message_not_found', 'The quoted message is not on this phone’s screen.', {
      quotedId: body.quotedId,
    });
  }
  const mentioned = body.mentions.map((mention) => person(world, mention));
  const writing = { text: body.text, quoted, mentioned };
  if (!('subject' in to)) return writeText(world, author, to, writing);
  const address = (person: Account) => memberAddress(to, person);
  return writeToGroup(world, author, to, composeText(world, { ...writing, address }));
}

function addresseeOf(world: World, { to, groupId }: z.infer<typeof MessageBody>): Account | Group {
  const group = groupId ?? (to?.endsWith('@g.us') === true ? to : undefined);
  if (group !== undefined) return groupOf(world, { id: group });
  if (to !== undefined) return person(world, to);
  throw new Refused(400, 'validation_failed', 'A message goes to a number (`to`) or to a group (`groupId`).');
}

function person(world: World, written: string): Account {
  const account = findPerson(world, written);
  if (account !== undefined) return account;
  throw new Refused(404, 'recipient_not_on_whatsapp', 'Nobody on this network has this number.', { to: written });
}

function refuseWhatComesLater(body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  const later = LATER.find((field) => field in body);
  if (later !== undefined) {
    throw new Refused(501, 'not_implemented', `The sandbox cannot send this yet: ${later}.`, { field: later });
  }
}

function messageView(world: World, phone: Account, message: ScreenMessage): object {
  const { seq, id, from, to, chat, type, text, quotedId, mentions, sentAt, status } = message;
  return {
    id,
    cursor: String(seq),
    from,
    to,
    chat,
    type,
    ...(text === undefined ? {} : { text }),
    ...(quotedId === undefined ? {} : { quotedId }),
    ...(mentions.length === 0 ? {} : { mentions }),
    timestamp: new Date(sentAt).toISOString(),
    status,
    ...(chat.endsWith('@g.us') && from === phone.phone ? { receipts: receiptsView(world, message) } : {}),
  };
}

/** What became at each member of what this phone wrote to a group. */
function receiptsView(world: World, { from, id }: ScreenMessage): object[] {
  return Array.from(world.memberReceipts.of(from, id), ([phoneNumber, status]) => ({ phoneNumber, status }));
}
