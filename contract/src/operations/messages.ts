/** Sending, and reading back. */
import { z } from 'zod';
import { sendingAnswers, sendingErrors } from '../answers.ts';
import { Cursor, Limit, pageOf } from '../fields.ts';
import { EditMessage, Message, MessageStatus, SendMessage } from '../message.ts';
import { defineOperation } from '../operation.ts';
import { idempotencyHeader, messageParams, messageWait, sessionParams, tenantQuery } from '../parameters.ts';

/** Of an edit or a revoke. */
const changeErrors = [
  'message_not_found',
  'message_unchangeable',
  'message_failed',
  'session_not_connected',
  'not_supported_by_engine',
] as const;

export const messageOperations = {
  sendMessage: defineOperation({
    id: 'sendMessage',
    audited: false,
    method: 'POST',
    path: '/sessions/:id/messages',
    tag: 'Messages',
    summary: 'Send a message',
    description:
      '201 once WhatsApp acknowledged it; 202 with `status: "queued"` where it did not within `wait` seconds. Accepted means stored: it is sent after a restart too, with the same id. A message that fails within `wait` is answered with the error; it is stored all the same, `details.messageId` names it.\n\nAlso as `multipart/form-data`, with the file in a part named `file` in the place of `media`: the other fields each as one of the form (a list as several of one name, or like whatever is no text as in JSON), or all of them as JSON in one that is named `message`.',
    access: 'agent',
    params: sessionParams,
    query: tenantQuery.extend({
      wait: messageWait,
      onLimit: z.enum(['refuse', 'queue']).optional().meta({
        description:
          '`queue`: where a limit of the session is used up, the message is accepted and leaves when there is room',
      }),
    }),
    headers: idempotencyHeader,
    body: SendMessage,
    // A file of 17 MB as base64.
    bodyLimit: 24 * 1024 * 1024,
    form: true,
    answers: sendingAnswers,
    errors: sendingErrors,
  }),
  listMessages: defineOperation({
    id: 'listMessages',
    method: 'GET',
    path: '/sessions/:id/messages',
    tag: 'Messages',
    summary: 'Messages of a session, oldest first; or the newest first; or those that hold some words',
    access: 'viewer',
    params: sessionParams,
    query: tenantQuery.extend({
      chat: z.string().max(100).optional().meta({ description: 'JID, LID or phone number of the chat' }),
      status: MessageStatus.optional(),
      after: Cursor.meta({
        description: 'Only messages after this cursor (`nextCursor` of the page before, or a message id)',
      }),
      before: Cursor.meta({ description: 'Only messages before this cursor or message id: for the newest first' }),
      order: z.enum(['oldest', 'newest']).optional().meta({
        description: '`newest`: the newest first, and `nextCursor` is the `before` of the next page. Usual: `oldest`',
      }),
      q: z.string().min(1).max(200).optional().meta({
        description:
          'Words that a message holds, or their beginnings, in any order, without regard to case and accents. The newest first; `nextCursor` is the `before` of the next page',
      }),
      limit: Limit(1000, 50),
    }),
    answers: { 200: { meaning: 'A page of messages', schema: pageOf(Message) } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  getMessage: defineOperation({
    id: 'getMessage',
    limitedKeys: true,
    method: 'GET',
    path: '/messages/:id',
    tag: 'Messages',
    summary: 'One message',
    access: 'viewer',
    params: messageParams,
    answers: { 200: { meaning: 'The message', schema: Message } },
    errors: ['message_not_found'],
  }),
  editMessage: defineOperation({
    id: 'editMessage',
    limitedKeys: true,
    method: 'PATCH',
    path: '/messages/:id',
    tag: 'Messages',
    summary: 'Edit a text of this account',
    description:
      'The edit is sent behind what waits in its chat, also after a restart. 200 with the message as it reads now once WhatsApp acknowledged it; 202 with the message as it still reads where that took longer than `wait` seconds. One that has not left yet is changed before anybody sees it.',
    access: 'agent',
    params: messageParams,
    query: z.object({ wait: messageWait }),
    body: EditMessage,
    answers: {
      200: { meaning: 'The message as it reads now', schema: Message },
      202: { meaning: 'Stored, will be sent', schema: Message },
    },
    errors: changeErrors,
  }),
  revokeMessage: defineOperation({
    id: 'revokeMessage',
    limitedKeys: true,
    method: 'DELETE',
    path: '/messages/:id',
    tag: 'Messages',
    summary: 'Take a message back for everyone, or cancel it while it is queued',
    description:
      '200 with the message as it stands now: `cancelled` where it had not left, else without its content, once WhatsApp acknowledged that. 202 where that took longer than `wait` seconds. In a group an admin may take back what others wrote.',
    access: 'agent',
    params: messageParams,
    query: z.object({ wait: messageWait }),
    answers: {
      200: { meaning: 'The message as it stands now', schema: Message },
      202: { meaning: 'Stored, will be sent', schema: Message },
    },
    errors: changeErrors,
  }),
} as const;
