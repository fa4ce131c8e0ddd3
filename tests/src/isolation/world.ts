/** Two tenants with everything that can belong to one, and callers of every kind. */
import type { Role } from '@zapfleet/contract';
import { type Client, connect } from '../client.ts';
import { linkSession, newPhone } from '../linking.ts';
import { eventually } from '../polling.ts';
import type { StartedServer } from '../server.ts';

/** Something that a parameter of a path can name. */
export type Kind =
  | 'session'
  | 'message'
  | 'cleanup'
  | 'tenant'
  | 'user'
  | 'apiKey'
  | 'login'
  | 'phone'
  | 'sandboxGroup'
  | 'call'
  | 'newsletter'
  | 'webhook'
  | 'delivery';

export type Caller = { name: string; role: Role; key: string; tenant: 'ours' | 'theirs' | 'all'; limited: boolean };

export type Ids = Record<Kind, string>;

export type Side = {
  tenantId: `ten_${string}`;
  /** Stands in names, labels, texts and addresses of this tenant, and nowhere else. */
  canary: string;
  /** Session, message, webhook and delivery belong together. */
  ids: Ids;
  /** What a key for that session does not reach: another session with what is its own, and a webhook for all sessions. */
  beyond: readonly Ids[];
  /** A session that shows a QR code. */
  unlinked: string;
  /** A file that waits to be sent, and a message with one. */
  upload: string;
  picture: string;
};

export type World = { server: StartedServer; master: Client; ours: Side; theirs: Side; callers: Caller[] };

const password = 'correct horse battery staple';

export async function makeWorld(server: StartedServer): Promise<World> {
  const master = connect(server);
  const ours = await makeSide(server, master, 'canaryours');
  const theirs = await makeSide(server, master, 'canarytheirs');
  const caller = async (side: Side, tenant: Caller['tenant'], role: Role, sessions?: string[]): Promise<Caller> => {
    const name = `${tenant} ${sessions ? 'limited ' : ''}${role}`;
    const body = { name: 'caller', role, tenantId: side.tenantId, ...(sessions && { sessions }) };
    const { key } = await master.call('createApiKey', { body });
    return { name, role, key, tenant, limited: sessions !== undefined };
  };
  const callers: Caller[] = [
    { name: 'master', role: 'master', key: server.apiKey, tenant: 'all', limited: false },
    await caller(ours, 'ours', 'admin', [ours.ids.session]),
  ];
  for (const role of ['viewer', 'agent', 'admin'] as const) {
    callers.push(await caller(ours, 'ours', role), await caller(theirs, 'theirs', role));
  }
  return { server, master, ours, theirs, callers };
}

async function makeSide(server: StartedServer, master: Client, canary: string): Promise<Side> {
  const { id: tenantId } = await master.call('createTenant', { body: { name: canary } });
  const { key } = await master.call('createApiKey', { body: { name: canary, role: 'admin', tenantId } });
  const admin = connect({ ...server, apiKey: key });
  const cleanup = await makeCleanup(admin, canary);
  const { id: webhook } = await admin.call('createWebhook', { body: hookOf(canary) });
  const friend = await newPhone(admin, `${canary} friend`);
  const { phone, ...first } = await makeSession(admin, canary, 1, friend);
  const { phone: _, ...second } = await makeSession(admin, canary, 2, friend);
  const group = await admin.call('createSandboxGroup', {
    body: { subject: `${canary} group`, members: [phone, friend] },
  });
  const newsletter = await admin.call('createSandboxNewsletter', {
    body: { name: `${canary} news`, followers: [phone] },
  });
  const call = await admin.call('ringFromSandboxPhone', { params: { phone: friend }, body: { to: phone } });
  const unlinked = await admin.call('createSession', { body: { name: `${canary}-3`, network: 'sandbox' } });
  await admin.call('getQr', { params: { id: unlinked.id }, query: { wait: 20 } });
  const upload = (await admin.request('POST', '/media', { headers: { 'content-type': 'image/png' }, body: pixel }))
    .body as { id: string };
  const picture = await admin.call('sendMessage', {
    params: { id: first.session },
    body: { to: friend, type: 'image', media: { uploadId: upload.id }, caption: `${canary} picture` },
  });
  const ids: Ids = {
    ...first,
    ...{ cleanup, tenant: tenantId, phone: friend, sandboxGroup: group.id, call: call.id, newsletter: newsletter.id },
    user: await makeUser(master, tenantId, canary),
    apiKey: (await admin.call('createApiKey', { body: { name: canary, role: 'viewer' } })).id,
    login: await makeLogin(server, master, tenantId, canary),
  };
  const ofAll = { ...ids, webhook, delivery: await firstDelivery(admin, webhook) };
  return {
    ...{ tenantId, canary, ids, beyond: [{ ...ids, ...second }, ofAll] },
    ...{ unlinked: unlinked.id, upload: upload.id, picture: picture.id },
  };
}

const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Nobody listens there, and no name has to be looked up. */
const hookOf = (canary: string) => ({ url: `http://127.0.0.1:9/${canary}`, events: ['message.*'] });

async function makeSession(admin: Client, canary: string, number: 1 | 2, friend: string) {
  const { id: session, phone } = await linkSession(admin, `${canary}-${number}`);
  const label = `${canary}-${number} label`;
  await admin.call('patchSession', { params: { id: session }, body: { label } });
  const { id: webhook } = await admin.call('createWebhook', { body: { ...hookOf(canary), sessionId: session } });
  const { id: message } = await admin.call('sendMessage', {
    params: { id: session },
    body: { to: friend, text: `${canary}-${number} text` },
  });
  return { session, phone, webhook, message, delivery: await firstDelivery(admin, webhook) };
}

function firstDelivery(admin: Client, id: string): Promise<string> {
  return eventually(async () => {
    const { data } = await admin.call('listDeliveries', { params: { id } });
    if (!data[0]) throw new Error('The webhook has no deliveries');
    return data[0].id;
  });
}

/** What others must not have changed: what a tenant has, without what changes by itself. */
export async function belongings({ master, ours: { tenantId, ids } }: World): Promise<unknown> {
  const query = { tenantId, limit: 1000 };
  const sessions = (await master.call('listSessions', { query })).data;
  const webhooks = (await master.call('listWebhooks', { query })).data;
  const keys = (await master.call('listApiKeys', { query })).data;
  const users = (await master.call('listUsers', { query })).data;
  const messages = (await master.call('listMessages', { params: { id: ids.session }, query: { limit: 1000 } })).data;
  const phone = await master.call('getSandboxPhone', { params: { phone: ids.phone } });
  return {
    sessions: sessions.map(({ id, name, label, desired, limits, proxy }) => [id, name, label, desired, limits, proxy]),
    webhooks: webhooks.map(({ id, url, events, sessionId }) => [id, url, events, sessionId]),
    keys: keys.map(({ id, name, role, sessions: some }) => [id, name, role, some]),
    users: users.map(({ id, email, role, name, disabled }) => [id, email, role, name, disabled]),
    messages: messages.map(({ id, content }) => [id, content]),
    tenant: (await master.call('getTenant', { params: { id: tenantId } })).name,
    phone: phone.name,
  };
}

async function makeUser(master: Client, tenantId: `ten_${string}`, canary: string): Promise<string> {
  const body = { email: `${canary}@example.com`, role: 'viewer', password, tenantId } as const;
  return (await master.call('createUser', { body })).id;
}

async function makeLogin(
  server: StartedServer,
  master: Client,
  tenantId: `ten_${string}`,
  canary: string,
): Promise<string> {
  const email = `login-${canary}@example.com`;
  await master.call('createUser', { body: { email, role: 'viewer', password, tenantId } });
  const { accessToken } = await master.call('login', { body: { email, password } });
  const { data } = await connect({ ...server, apiKey: accessToken }).call('listLogins');
  return data[0]?.id ?? '';
}

/** Asked for before anything else of the tenant stands still: it deletes all that does. */
async function makeCleanup(admin: Client, canary: string): Promise<string> {
  await admin.call('createSession', { body: { name: `${canary}-gone`, network: 'sandbox', start: false } });
  await admin.call('cleanupSessions', { body: { states: ['stopped'] } });
  const { data } = await admin.call('listEvents', { query: { types: 'session.deleted' } });
  const [event] = data;
  return (event?.type === 'session.deleted' && event.data.cleanup?.id) || '';
}
