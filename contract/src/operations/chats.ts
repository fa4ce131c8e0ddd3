/** Chats and people: what is asked of WhatsApp about them, and what they see of this account. */
import { z } from 'zod';
import {
  Chat,
  Contact,
  MarkRead,
  NumberOnWhatsApp,
  PresenceSubscription,
  SetPresence,
  ShownPresence,
  SetTyping,
  Typing,
} from '../chat.ts';
import type { ErrorCode } from '../errors.ts';
import { Cursor, Limit, pageOf } from '../fields.ts';
import { defineOperation } from '../operation.ts';
import { sessionParams, tenantQuery } from '../parameters.ts';

const chatParams = sessionParams.extend({
  chatId: z
    .string()
    .min(1)
    .max(100)
    .meta({
      description: 'A phone number in any usual writing, a JID or LID, or the id of a group',
      examples: ['5511987654321', '120363025246125486@g.us'],
    }),
});

/** What asks WhatsApp can end in. */
export const askingErrors = [
  'session_not_found',
  'session_not_connected',
  'not_supported_by_engine',
  'whatsapp_refused',
  'whatsapp_unavailable',
  'tenant_not_found',
] as const satisfies readonly ErrorCode[];

export const chatOperations = {
  listChats: defineOperation({
    id: 'listChats',
    method: 'GET',
    path: '/sessions/:id/chats',
    tag: 'Chats',
    summary: 'Chats, the one with the newest message first',
    access: 'viewer',
    params: sessionParams,
    query: tenantQuery.extend({ limit: Limit(1000, 50), cursor: Cursor }),
    answers: { 200: { meaning: 'A page of chats', schema: pageOf(Chat) } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  listContacts: defineOperation({
    id: 'listContacts',
    method: 'GET',
    path: '/sessions/:id/contacts',
    tag: 'Chats',
    summary: 'People this session knows, in the order in which they became known',
    access: 'viewer',
    params: sessionParams,
    query: tenantQuery.extend({ limit: Limit(1000, 50), cursor: Cursor }),
    answers: { 200: { meaning: 'A page of contacts', schema: pageOf(Contact) } },
    errors: ['session_not_found', 'tenant_not_found'],
  }),
  markChatRead: defineOperation({
    id: 'markChatRead',
    method: 'POST',
    path: '/sessions/:id/chats/:chatId/read',
    tag: 'Chats',
    summary: 'Tell the senders that their messages were read',
    description:
      'All that came in since the last time, at most 1,000, or those that are named; here everything up to the newest of them counts as read then.',
    access: 'agent',
    params: chatParams,
    query: tenantQuery,
    body: MarkRead,
    answers: { 200: { meaning: 'The chat as it is now', schema: Chat } },
    errors: [...askingErrors, 'chat_not_found', 'message_not_found'],
  }),
  setTyping: defineOperation({
    id: 'setTyping',
    audited: false,
    method: 'POST',
    path: '/sessions/:id/chats/:chatId/typing',
    tag: 'Chats',
    summary: 'Show that this account writes or records, or that it stopped',
    access: 'agent',
    params: chatParams,
    query: tenantQuery,
    body: SetTyping,
    answers: { 200: { meaning: 'What the chat shows now', schema: Typing } },
    errors: askingErrors,
  }),
  subscribePresence: defineOperation({
    id: 'subscribePresence',
    audited: false,
    method: 'POST',
    path: '/sessions/:id/chats/:chatId/presence',
    tag: 'Chats',
    summary: 'Be told when somebody is online or writes: `presence.updated`',
    description:
      'Counts until the session is disconnected. WhatsApp tells only those who are shown as online themselves.',
    access: 'agent',
    params: chatParams,
    query: tenantQuery,
    answers: { 200: { meaning: 'Events will come', schema: PresenceSubscription } },
    errors: askingErrors,
  }),
  setPresence: defineOperation({
    id: 'setPresence',
    audited: false,
    method: 'POST',
    path: '/sessions/:id/presence',
    tag: 'Chats',
    summary: 'Show this account as online, or not',
    description: 'While it is shown as online its phone tells of nothing that comes in.',
    access: 'agent',
    params: sessionParams,
    query: tenantQuery,
    body: SetPresence,
    answers: { 200: { meaning: 'As it is shown now', schema: ShownPresence } },
    errors: askingErrors,
  }),
  lookUpNumber: defineOperation({
    id: 'lookUpNumber',
    method: 'GET',
    path: '/sessions/:id/numbers/:phone',
    tag: 'Chats',
    summary: 'Whether a number is on WhatsApp',
    description: 'A Brazilian mobile number is asked for with and without its ninth digit.',
    access: 'agent',
    params: sessionParams.extend({ phone: z.string().min(1).max(40) }),
    query: tenantQuery,
    answers: { 200: { meaning: 'What WhatsApp knows', schema: NumberOnWhatsApp } },
    errors: askingErrors,
  }),
} as const;
