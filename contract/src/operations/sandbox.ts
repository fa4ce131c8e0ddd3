/** The sandbox network: its phones and its faults. */
import { z } from 'zod';
import { Limit, pageOf } from '../fields.ts';
import { defineOperation } from '../operation.ts';
import { SandboxFile, SandboxMessage, WriteSandboxMessage } from '../sandbox-messages.ts';
import { SandboxPerson, SandboxPresence, SetSandboxPresence } from '../sandbox-presence.ts';
import { CreateSandboxFault, SandboxFault, SandboxPhone, SandboxPhoneWithDevices } from '../sandbox.ts';

const phoneParams = z.object({ phone: z.string().min(1).max(40) });

export const sandboxOperations = {
  createSandboxPhone: defineOperation({
    id: 'createSandboxPhone',
    method: 'POST',
    path: '/sandbox/phones',
    tag: 'Sandbox',
    summary: 'A person with a simulated phone',
    access: 'admin',
    body: z
      .strictObject({
        phoneNumber: z.string().min(1).max(40).optional(),
        name: z.string().trim().min(1).max(100).optional(),
        numberHidden: z
          .boolean()
          .optional()
          .meta({ description: 'Others meet the person under the LID and are not told the number' }),
      })
      .optional(),
    answers: { 201: { meaning: 'The phone', schema: SandboxPhone } },
    errors: ['phone_exists', 'sandbox_unavailable', 'sandbox_refused'],
  }),
  listSandboxPhones: defineOperation({
    id: 'listSandboxPhones',
    method: 'GET',
    path: '/sandbox/phones',
    tag: 'Sandbox',
    summary: 'The simulated phones',
    access: 'admin',
    answers: { 200: { meaning: 'The phones', schema: pageOf(SandboxPhoneWithDevices) } },
    errors: ['sandbox_unavailable'],
  }),
  getSandboxPhone: defineOperation({
    id: 'getSandboxPhone',
    method: 'GET',
    path: '/sandbox/phones/:phone',
    tag: 'Sandbox',
    summary: 'One simulated phone with its linked devices',
    access: 'admin',
    params: phoneParams,
    answers: { 200: { meaning: 'The phone', schema: SandboxPhoneWithDevices } },
    errors: ['phone_not_found', 'sandbox_unavailable'],
  }),
  changeSandboxPhone: defineOperation({
    id: 'changeSandboxPhone',
    method: 'PATCH',
    path: '/sandbox/phones/:phone',
    tag: 'Sandbox',
    summary: 'The person takes another name or number, or shows or hides the number',
    description:
      'A new number keeps LID, chats and groups; linked devices are unlinked, groups and contacts are told. A name, and a number that is shown, are ' +
      'learnt from the next message; with `announce` the number at once.',
    access: 'admin',
    params: phoneParams,
    body: z.strictObject({
      name: z.string().trim().min(1).max(100).optional(),
      numberHidden: z.boolean().optional(),
      announce: z.boolean().optional(),
      guardedFromGroups: z
        .boolean()
        .optional()
        .meta({ description: 'Nobody adds the person to a group without asking: 403' }),
      phoneNumber: z.string().min(1).max(40).optional(),
    }),
    answers: { 200: { meaning: 'The phone as it is now', schema: SandboxPhoneWithDevices } },
    errors: ['phone_not_found', 'phone_exists', 'sandbox_refused', 'sandbox_unavailable'],
  }),
  scanWithSandboxPhone: defineOperation({
    id: 'scanWithSandboxPhone',
    method: 'POST',
    path: '/sandbox/phones/:phone/scan',
    tag: 'Sandbox',
    summary: 'The phone scans a QR code, or that of a session',
    access: 'admin',
    params: phoneParams,
    body: z.union([
      z.strictObject({ qr: z.string().min(1).max(4096) }),
      z.strictObject({ sessionId: z.string().min(1).max(100) }),
    ]),
    answers: { 200: { meaning: 'The phone accepted; the session connects', schema: z.looseObject({}) } },
    errors: [
      'phone_not_found',
      'session_not_found',
      'qr_unavailable',
      'not_a_sandbox_session',
      'sandbox_refused',
      'sandbox_unavailable',
    ],
  }),
  typeLinkCode: defineOperation({
    id: 'typeLinkCode',
    method: 'POST',
    path: '/sandbox/phones/:phone/link-code',
    tag: 'Sandbox',
    summary: 'The phone types a pairing code',
    access: 'admin',
    params: phoneParams,
    body: z.strictObject({ code: z.string().min(1).max(40) }),
    answers: { 200: { meaning: 'The phone accepted; the session connects', schema: z.looseObject({}) } },
    errors: ['phone_not_found', 'sandbox_refused', 'sandbox_unavailable'],
  }),
  writeFromSandboxPhone: defineOperation({
    id: 'writeFromSandboxPhone',
    method: 'POST',
    path: '/sandbox/phones/:phone/messages',
    tag: 'Sandbox',
    summary: 'The phone writes a message',
    access: 'admin',
    params: phoneParams,
    body: WriteSandboxMessage,
    answers: { 201: { meaning: 'Written', schema: z.looseObject({ id: z.string() }) } },
    errors: ['phone_not_found', 'sandbox_refused', 'sandbox_unavailable'],
  }),
  readSandboxScreen: defineOperation({
    id: 'readSandboxScreen',
    method: 'GET',
    path: '/sandbox/phones/:phone/messages',
    tag: 'Sandbox',
    summary: "What the phone's screen shows, decrypted",
    access: 'admin',
    params: phoneParams,
    query: z.object({
      after: z.string().max(200).optional(),
      limit: Limit(100_000, 100),
      read: z
        .enum(['true', 'false'])
        .optional()
        .meta({ description: '`true`: the person reads, so read receipts leave' }),
      played: z
        .enum(['true', 'false'])
        .optional()
        .meta({ description: '`true`: the person reads and listens to voice messages' }),
    }),
    answers: { 200: { meaning: 'The messages', schema: pageOf(SandboxMessage) } },
    errors: ['phone_not_found', 'sandbox_unavailable'],
  }),
  setSandboxPresence: defineOperation({
    id: 'setSandboxPresence',
    method: 'POST',
    path: '/sandbox/phones/:phone/presence',
    tag: 'Sandbox',
    summary: 'The person takes the phone up or puts it away, or types in a chat',
    access: 'admin',
    params: phoneParams,
    body: SetSandboxPresence,
    answers: { 200: { meaning: 'As it is now', schema: SandboxPresence } },
    errors: ['phone_not_found', 'sandbox_refused', 'sandbox_unavailable'],
  }),
  listSandboxPresences: defineOperation({
    id: 'listSandboxPresences',
    method: 'GET',
    path: '/sandbox/phones/:phone/presences',
    tag: 'Sandbox',
    summary: 'Whom the phone has a chat with: who is online, and who typed',
    access: 'admin',
    params: phoneParams,
    answers: { 200: { meaning: 'The people', schema: pageOf(SandboxPerson) } },
    errors: ['phone_not_found', 'sandbox_unavailable'],
  }),
  listSandboxFiles: defineOperation({
    id: 'listSandboxFiles',
    method: 'GET',
    path: '/sandbox/phones/:phone/media',
    tag: 'Sandbox',
    summary: 'What the phone and its sessions have left on the media host, and how often it was fetched',
    access: 'admin',
    params: phoneParams,
    answers: { 200: { meaning: 'The files', schema: pageOf(SandboxFile) } },
    errors: ['phone_not_found', 'sandbox_unavailable'],
  }),
  unlinkSandboxDevice: defineOperation({
    id: 'unlinkSandboxDevice',
    method: 'DELETE',
    path: '/sandbox/phones/:phone/devices/:device',
    tag: 'Sandbox',
    summary: 'The phone unlinks a device, or `all`',
    access: 'admin',
    params: phoneParams.extend({ device: z.string().min(1).max(20) }),
    answers: { 200: { meaning: 'Unlinked', schema: z.looseObject({}) } },
    errors: ['phone_not_found', 'device_not_found', 'sandbox_unavailable'],
  }),
  createSandboxFault: defineOperation({
    id: 'createSandboxFault',
    method: 'POST',
    path: '/sandbox/faults',
    tag: 'Sandbox',
    summary: 'Make the network misbehave; without a target for a master only',
    access: 'admin',
    body: CreateSandboxFault,
    answers: { 201: { meaning: 'The fault', schema: SandboxFault } },
    errors: [
      'forbidden',
      'phone_not_found',
      'session_not_found',
      'not_a_sandbox_session',
      'sandbox_refused',
      'sandbox_unavailable',
    ],
  }),
  listSandboxFaults: defineOperation({
    id: 'listSandboxFaults',
    method: 'GET',
    path: '/sandbox/faults',
    tag: 'Sandbox',
    summary: 'The faults that are set',
    access: 'admin',
    answers: { 200: { meaning: 'The faults', schema: pageOf(SandboxFault) } },
    errors: ['sandbox_unavailable'],
  }),
  clearSandboxFaults: defineOperation({
    id: 'clearSandboxFaults',
    method: 'DELETE',
    path: '/sandbox/faults',
    tag: 'Sandbox',
    summary: 'Clear the faults',
    access: 'admin',
    answers: { 200: { meaning: 'Cleared', schema: z.looseObject({}) } },
    errors: ['sandbox_unavailable'],
  }),
} as const;
