import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { chatWith } from '../people/chat.ts';
import { phoneListens, phoneLooks } from '../people/phone-reads.ts';
import { inspectMedia } from '../people/screen-media.ts';
import { writeMessage } from '../people/write-message.ts';
import type { Controls } from './controls.ts';
import { addresseeOf, draftOf, mannerOf, uploadFor } from './drafting.ts';
import { MessageBody } from './message-bodies.ts';
import { phoneOf } from './phone-routes.ts';
import { messageView } from './screen-view.ts';

const PageQuery = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().positive().default(100),
  read: z.stringbool().default(false),
  played: z.stringbool().default(false),
});

const LARGEST_PAGE = 100_000;

export function messageRoutes(http: FastifyInstance, { world }: Controls): void {
  http.post('/sandbox/phones/:phone/messages', async (request, reply) => {
    const author = phoneOf(world, request.params);
    const body = MessageBody.parse(request.body);
    const to = addresseeOf(world, author, body);
    const manner = mannerOf(world, author, body);
    const file = await uploadFor(world, author, body);
    const id = writeMessage(world, author, to, draftOf(world, author, chatWith(to), body, file), manner);
    return reply.code(201).send({ id });
  });

  http.get('/sandbox/phones/:phone/messages', async (request) => {
    const account = phoneOf(world, request.params);
    const { after, limit, read, played } = PageQuery.parse(request.query);
    const size = Math.min(limit, LARGEST_PAGE);
    let messages = world.screens.page(account.phone, after, size);
    const last = messages.at(-1)?.seq;
    if ((read || played) && last !== undefined) {
      world.db.transaction(() => {
        phoneLooks(world, account, last);
        if (played) phoneListens(world, account, last);
      });
    }
    const inspected = await inspectMedia(world, account, messages);
    if (read || played || inspected) messages = world.screens.page(account.phone, after, messages.length);
    return {
      data: messages.map((message) => messageView(world, account, message)),
      nextCursor: messages.length === size ? String(last) : null,
    };
  });
}
