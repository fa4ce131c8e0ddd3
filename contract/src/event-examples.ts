/** What the `data` of each type of event looks like, as it is shown in the documents. */
import type { Media } from './content.ts';
import type { EventData, EventType } from './events.ts';
import type { Group } from './group.ts';
import type { Identity, Message } from './message.ts';
import type { Account, Cause, Session } from './session.ts';

const sessionId = 'ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC';
const messageId = 'msg_01JD7ZC3M8N4P5Q6R7S8T9V0WX';
const webhookId = 'whk_01JD7ZD5B2C3D4E5F6G7H8J9KM';
const mediaId = 'med_01JD7ZE1A7B8C9D0E1F2G3H4JK';
const tenantId = 'ten_00000000000000000000000000';
const groupId = '120363025246125486@g.us';
const waId = '3EB0A9C1F04D7B2E5A86';
const at = '2026-11-21T09:30:00.000Z';

const shop: Identity = {
  phoneNumber: '5511987654321',
  lid: '123456789012345@lid',
  jid: '5511987654321@s.whatsapp.net',
  resolved: true,
};
const bia: Identity = {
  phoneNumber: '5511912345678',
  lid: '234567890123456@lid',
  jid: '5511912345678@s.whatsapp.net',
  resolved: true,
};
const chat = bia.jid;
const about = { messageId, waId, chat } as const;

const account: Account = { phoneNumber: '5511987654321', jid: shop.jid, lid: shop.lid, pushName: 'Padaria Sol' };

const cause = (code: Cause['code'], message: string, raw: string | null = null): Cause => ({
  code,
  message,
  raw,
  until: null,
});
const lost = cause('connection_lost', 'The connection to WhatsApp was lost. It is opened again by itself.', '428');

const session: Session = {
  id: sessionId,
  name: 'shop-1',
  label: 'Front desk',
  tenantId,
  engine: 'baileys',
  network: 'whatsapp',
  timeZone: 'America/Sao_Paulo',
  desired: 'running',
  state: 'connecting',
  stateSince: at,
  cause: null,
  health: null,
  linked: false,
  account: null,
  limits: { perMinute: null, perDay: 500, perDayNewChats: 50, minDelayMs: 2000, maxDelayMs: 8000, warmup: null },
  restriction: null,
  ignore: { groups: false, status: true, newsletters: true },
  autoCleanupOnLogout: null,
  commands: { enabled: null, prefix: null, groups: null },
  headless: null,
  proxy: null,
  metadata: { customer: '4711' },
  retryAt: null,
  attempt: null,
  createdAt: at,
  updatedAt: at,
  connectedAt: null,
  nodeId: null,
};

const received: Message = {
  id: messageId,
  waId,
  sessionId,
  direction: 'in',
  chat,
  from: bia,
  to: shop,
  type: 'text',
  content: { type: 'text', text: 'Good morning! Is the cake ready?', mentions: [] },
  status: 'delivered',
  timestamp: at,
  createdAt: at,
};
const sent: Message = {
  ...received,
  direction: 'out',
  from: shop,
  to: bia,
  content: { type: 'text', text: 'Yes, you can come by at 10:30.', mentions: [] },
  status: 'sent',
};

const media: Media = {
  id: mediaId,
  state: 'stored',
  mimetype: 'image/jpeg',
  filename: null,
  size: 48_213,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  width: 1280,
  height: 960,
  seconds: null,
  waveform: null,
};

const group: Group = {
  id: groupId,
  subject: 'Padaria Sol: orders',
  description: null,
  owner: shop,
  createdAt: at,
  announce: false,
  locked: false,
  participants: [
    { ...shop, role: 'owner' },
    { ...bia, role: 'member' },
  ],
};

export const eventExamples: { readonly [T in EventType]: EventData<T> } = {
  'session.created': { session },
  'session.state_changed': {
    from: 'connected',
    to: 'waiting',
    cause: lost,
    retryAt: '2026-11-21T09:30:01.000Z',
  },
  'session.qr': { attempt: 1, expiresAt: '2026-11-21T09:31:00.000Z' },
  'session.pairing_code': { expiresAt: '2026-11-21T09:33:00.000Z' },
  'session.connected': { account, first: true },
  'session.disconnected': { cause: lost, retryAt: '2026-11-21T09:30:01.000Z' },
  'session.logged_out': {
    cause: cause('logged_out', 'The phone unlinked this device. Start the session to link it again.', '401'),
  },
  'session.auth_corrupted': {
    cause: cause('credentials_corrupted', 'The stored credentials are damaged. Start the session to link it anew.'),
  },
  'session.failed': {
    cause: cause('replaced', 'Another program uses this login. Start the session to take it over.', '440'),
  },
  'session.health_changed': { health: { status: 'degraded', cause: 'WhatsApp did not answer a query within 20 s.' } },
  'session.deleted': { unlinked: 'confirmed', cleanup: null },
  'orphan.found': { kind: 'credentials', what: `${sessionId}, generation 2`, removed: true },
  'message.received': { message: received, pushName: 'Bia' },
  'message.sent': { message: sent },
  'message.status': { ...about, status: 'read', by: bia },
  'message.edited': {
    ...about,
    from: bia,
    text: 'Good morning! Are the cakes ready?',
    timestamp: at,
    message: {
      ...received,
      content: { type: 'text', text: 'Good morning! Are the cakes ready?', mentions: [] },
      editedAt: at,
    },
  },
  'message.revoked': { ...about, by: bia },
  'message.reaction': { ...about, from: bia, emoji: '👍', timestamp: at },
  'message.poll_vote': { ...about, from: bia, options: ['10:30'], timestamp: at },
  'message.media': { ...about, media },
  'message.undecryptable': { ...about, from: bia, reason: 'Bad MAC' },
  'presence.updated': { chat, from: bia, state: 'composing', lastSeenAt: null },
  'contact.updated': { contact: bia, pushName: 'Bia' },
  'contact.identity_resolved': { contact: bia },
  'group.updated': { groupId, group, by: shop },
  'group.participants': { groupId, action: 'add', participants: [bia], by: shop },
  'call.received': { callId: '7F3A9C21B0D4E586', from: bia, groupId: null, video: false, status: 'ringing' },
  'limit.reached': {
    limit: 'perDay',
    resetsAt: '2026-11-22T03:00:00.000Z',
    reason: 'The session has sent its 500 messages of today.',
  },
  'webhook.disabled': {
    webhookId,
    url: 'https://example.com/hooks/whatsapp',
    cause: {
      code: 'gone',
      message: 'The receiver answered 410: it wants no more. Resume the webhook to call it again.',
    },
  },
  'webhook.test': { webhookId },
};
