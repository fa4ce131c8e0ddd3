/** Chats and people: what is asked of WhatsApp about them, and what they see of this account. */
import { z } from 'zod';
import { NumberOnWhatsApp, PresenceSubscription, SetPresence, SetTyping, Typing } from '../chat.ts';
import type { ErrorCode } from '../errors.ts';
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
    access: 'agent',
    params: sessionParams,
    query: tenantQuery,
    body: SetPresence,
    answers: { 200: { meaning: 'As it is shown now', schema: SetPresence } },
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
