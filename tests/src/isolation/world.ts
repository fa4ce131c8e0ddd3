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

export type Side = {
  tenantId: string;
  /** Stands in names, labels, texts and addresses of this tenant, and nowhere else. */
  canary: string;
  ids: Record<Kind, string>;
  /** A session that the limited key does not reach. */
  beyond: string;
};

export type World = { server: StartedServer; master: Client; ours: Side; theirs: Side; callers: Caller[] };

const password = 'correct horse battery staple';

export async function makeWorld(server: StartedServer): Promise<World> {
  const master = connect(server);
  const ours = await makeSide(server, master, 'canaryours');
  const theirs = await makeSide(server, master, 'canarytheirs');
  const caller = async (side: Side, tenant: Caller['tenant'], role: Role, sessions?: string[]): Promise<Caller> => {
    const name = `${tenant} ${sessions ? 'limited ' : ''}${role}`;
    const body = { name: 'caller', role, tenantId: side.tenantId as `ten_${string}`, ...(sessions && { sessions }) };
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
  const tenant = await master.call('createTenant', { body: { name: canary } });
  const tenantId = tenant.id;
  const { key } = await master.call('createApiKey', { body: { name: canary, role: 'admin', tenantId } });
  const admin = connect({ ...server, apiKey: key });
  // Before anything happens, so that there are deliveries; nobody listens there.
  const webhook = await admin.call('createWebhook', {
    body: { url: `https://${canary}.invalid/hook`, events: ['session.*'] },
  });
  const cleanup = await makeCleanup(admin, canary);
  const session = await linkSession(admin, `${canary}-1`);
  const beyond = await admin.call('createSession', {
    body: { name: `${canary}-2`, label: `${canary} label`, network: 'sandbox', start: false },
  });
  const friend = await newPhone(admin, `${canary} friend`);
  const message = await admin.call('sendMessage', {
    params: { id: session.id },
    body: { to: friend, text: `${canary} text` },
  });
  const group = await admin.call('createSandboxGroup', {
    body: { subject: `${canary} group`, members: [session.phone, friend] },
  });
  const newsletter = await admin.call('createSandboxNewsletter', {
    body: { name: `${canary} news`, followers: [session.phone] },
  });
  const call = await admin.call('ringFromSandboxPhone', { params: { phone: friend }, body: { to: session.phone } });
  return {
    ...{ tenantId, canary, beyond: beyond.id },
    ids: {
      session: session.id,
      message: message.id,
      cleanup,
      tenant: tenantId,
      user: await makeUser(master, tenantId, canary),
      apiKey: (await admin.call('createApiKey', { body: { name: canary, role: 'viewer' } })).id,
      login: await makeLogin(server, master, tenantId, canary),
      phone: friend,
      sandboxGroup: group.id,
      call: call.id,
      newsletter: newsletter.id,
      webhook: webhook.id,
      delivery: await firstDelivery(admin, webhook.id),
    },
  };
}

function firstDelivery(admin: Client, id: string): Promise<string> {
  return eventually(async () => {
    const { data } = await admin.call('listDeliveries', { params: { id } });
    if (!data[0]) throw new Error('The webhook has no deliveries');
    return data[0].id;
  });
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
