/**
 * How to call each operation so that only the rule of who may call it can refuse it. Whoever adds an operation with parameters or a body adds it
 * here, or the matrix says that it does not know it.
 */
import { type Operation, operations } from '@zapfleet/contract';
import type { Kind, Side } from './world.ts';

/** The beginning of a path → what its parameters name. */
const parameters: readonly [prefix: string, names: Record<string, Kind | { text: string }>][] = [
  [
    '/sessions/:id',
    {
      id: 'session',
      chatId: { text: '5511999990000@s.whatsapp.net' },
      phone: { text: '5511999990000' },
      groupId: { text: '120363000000000000@g.us' },
    },
  ],
  ['/whatsapp/:id', { id: 'session' }],
  ['/messages/:id', { id: 'message' }],
  ['/cleanups/:id', { id: 'cleanup' }],
  ['/tenants/:id', { id: 'tenant' }],
  ['/users/:id', { id: 'user' }],
  ['/api-keys/:id', { id: 'apiKey' }],
  ['/auth/logins/:id', { id: 'login' }],
  ['/webhooks/:id', { id: 'webhook', deliveryId: 'delivery' }],
  ['/sandbox/phones/:phone', { phone: 'phone', device: { text: 'all' }, call: 'call' }],
  ['/sandbox/newsletters/:id', { id: 'newsletter' }],
  ['/sandbox/groups/:id', { id: 'sandboxGroup' }],
];

/** A body that fits the schema. What it names belongs to the side that is reached for. */
const bodies: Readonly<Record<string, (side: Side) => object>> = {
  patchSession: () => ({ label: 'new' }),
  requestPairingCode: () => ({ phoneNumber: '5511999990000' }),
  createPairingLink: () => ({}),
  sendMessage: () => ({ to: '5511999990000', text: 'hello' }),
  sendFromSession: () => ({ phoneNumber: '5511999990000', message: 'hello' }),
  sendWhatsappMessage: () => ({ to: '5511999990000', message: 'hello' }),
  editMessage: () => ({ text: 'new' }),
  markChatRead: () => ({}),
  setTyping: () => ({ state: 'composing' }),
  setPresence: () => ({ available: true }),
  createGroup: () => ({ subject: 'group', participants: ['5511999990000'] }),
  patchGroup: () => ({ subject: 'group' }),
  changeParticipants: () => ({ action: 'add', participants: ['5511999990000'] }),
  joinGroup: () => ({ invite: 'AbCdEfGhIjKlMnOpQrStUv' }),
  patchTenant: () => ({ name: 'new' }),
  patchUser: () => ({ name: 'new' }),
  patchApiKey: () => ({ name: 'new' }),
  createApiKey: ({ ids }) => ({ name: 'new', role: 'viewer', sessions: [ids.session] }),
  createWebhook: ({ ids }) => ({ url: 'http://127.0.0.1:9/new', events: ['*'], sessionId: ids.session }),
  patchWebhook: () => ({ events: ['message.*'] }),
  replayWebhook: () => ({ from: '2026-01-01T00:00:00.000Z', to: '2026-01-01T00:01:00.000Z' }),
  rotateWebhookSecret: () => ({}),
  sendWebhookTest: ({ ids }) => ({ phoneNumber: '5511999990000', message: 'hello', sessionId: ids.session }),
  disconnectWhatsapp: ({ ids }) => ({ sessionId: ids.session }),
  forceLogoutWhatsapp: ({ ids }) => ({ sessionId: ids.session }),
  scanWithSandboxPhone: ({ ids }) => ({ sessionId: ids.session }),
  typeLinkCode: () => ({ code: 'ABCD-1234' }),
  writeFromSandboxPhone: () => ({ to: '5511999990000', text: 'hello' }),
  createSandboxFault: ({ ids }) => ({ kind: 'drop', sessionId: ids.session }),
  createSandboxGroup: ({ ids }) => ({ subject: 'group', members: [ids.phone] }),
  changeSandboxGroup: ({ ids }) => ({ subject: 'group', by: ids.phone }),
  changeSandboxMembers: ({ ids }) => ({ action: 'remove', phones: [ids.phone], by: ids.phone }),
  ringFromSandboxPhone: ({ ids }) => ({ to: ids.phone }),
  endSandboxCall: () => ({}),
  changeSandboxPhone: () => ({ announce: true }),
  setSandboxPresence: () => ({ state: 'available' }),
  createSandboxNewsletter: ({ ids }) => ({ name: 'news', followers: [ids.phone] }),
  followSandboxNewsletter: ({ ids }) => ({ phones: [ids.phone] }),
  publishInSandboxNewsletter: () => ({ text: 'news' }),
  restrictSandboxPhone: () => ({ kind: 'reachout_lock', until: '2099-01-01T00:00:00.000Z' }),
};

/** What names the other side in the query. */
const queries: Readonly<Record<string, (side: Side) => Record<string, string>>> = {
  listEvents: ({ ids }) => ({ sessionId: ids.session }),
  streamEvents: ({ ids }) => ({ sessionId: ids.session }),
  getStats: ({ ids }) => ({ sessionId: ids.session }),
};

/** They name nothing that could be foreign: what they make belongs to the caller, or is about nobody. */
const aboutNobody = new Set([
  ...['createSession', 'createWhatsapp', 'cleanupSessions', 'cleanupAllWhatsapp', 'createTenant', 'createUser'],
  ...['inviteUser', 'changePassword', 'createSandboxPhone'],
]);

/** What the parameters of a path name, in their order. */
export function kindsIn({ path }: Operation): Kind[] {
  const fill = parameters.find(([prefix]) => path.startsWith(prefix))?.[1] ?? {};
  return [...path.matchAll(/:(\w+)/g)].flatMap(([, name = '']) => {
    const found = fill[name];
    return typeof found === 'string' ? [found] : [];
  });
}

export type Request = { path: string; query: Record<string, string>; body: object | undefined };

/** null for an operation that names no object. Throws for one that is not known here. */
export function requestFor(operation: Operation, side: Side): Request | null {
  const { id, path, params, body } = operation;
  const fill = params ? parameters.find(([prefix]) => path.startsWith(prefix))?.[1] : {};
  const makeBody = bodies[id];
  if (!fill || (body && !makeBody && !aboutNobody.has(id))) throw new Error(`${id} is not known to the matrix`);
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const query = queries[id]?.(side) ?? {};
  if (names.length === 0 && !makeBody && Object.keys(query).length === 0) return null;
  const values = names.map((name) => {
    const found = fill[name];
    if (found === undefined) throw new Error(`${id} has a parameter that the matrix does not know: ${name}`);
    return [name, typeof found === 'string' ? side.ids[found] : found.text] as const;
  });
  return {
    path: values.reduce((text, [name, value]) => text.replace(`:${name}`, encodeURIComponent(value)), path),
    query,
    body: makeBody?.(side),
  };
}

export const allOperations: readonly Operation[] = Object.values(operations);
