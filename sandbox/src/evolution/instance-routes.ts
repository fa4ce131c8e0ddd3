import { failure } from './failures.ts';
import type { Instance } from './instance.ts';
import type { Generation } from './protocol.ts';
import { fieldsOf, type Handler, the } from './call.ts';
import type { Webhook } from './webhook.ts';
import { webhookSet } from './webhook-body.ts';

export function instanceRoutes(generation: Generation): [string, Handler][] {
  return [
    ['GET instance/connect', connect],
    ['GET instance/connectionState', ({ instance }) => ({ status: 200, body: stateView(the(instance)) })],
    [`${generation === 'v1' ? 'PUT' : 'POST'} instance/restart`, restart],
    ['DELETE instance/logout', logOut],
    ['DELETE instance/delete', () => ({ status: 200, body: {} })],
    ['GET instance/fetchInstances', fetchInstances],
    ['POST webhook/set', setWebhook],
    ['GET webhook/find', ({ instance }) => ({ status: 200, body: webhookView(generation, the(instance), 'find') })],
  ];
}

const stateView = ({ name, state }: Instance) => ({ instance: { instanceName: name, state } });

/** The number counts only where the client is not running yet. */
const connect: Handler = async ({ asked, instance: given }) => {
  const instance = the(given);
  if (instance.state === 'open') return { status: 200, body: stateView(instance) };
  if (instance.state === 'close') instance.start(asked.query['number'] ?? null);
  await instance.until(() => instance.qr !== null || instance.state === 'open', 2000);
  return { status: 200, body: qrView(instance) };
};

const qrView = ({ qr }: Instance) => qr ?? { count: 0 };

const restart: Handler = async ({ instance: given, generation }) => {
  const instance = the(given);
  if (instance.state === 'close' && generation === 'v2' && instance.record.ownerJid === null) {
    return { status: 200, body: { count: 0 } };
  }
  await instance.restart();
  return { status: 200, body: { instance: { instanceName: instance.name, state: 'open' } } };
};

const logOut: Handler = async ({ instance: given }) => {
  const instance = the(given);
  if (instance.state === 'close') throw failure(400, [`The "${instance.name}" instance is not connected`]);
  await instance.logOut();
  return { status: 200, body: { status: 'SUCCESS', error: false, response: { message: 'Instance logged out' } } };
};

const fetchInstances: Handler = ({ asked, all, generation, only }) => {
  const name = asked.query['instanceName'];
  const found = name === undefined ? all : all.filter((instance) => instance.name === name);
  if (generation === 'v2') {
    if (name !== undefined && found.length === 0) throw failure(404, [`Instance "${name}" not found`]);
    return { status: 200, body: found.map(rowView) };
  }
  if (name !== undefined && found.length === 0) throw failure(404, [`The "${name}" instance does not exist`]);
  const [one] = found;
  return { status: 200, body: name !== undefined && one && !only ? entryView(one) : found.map(entryView) };
};

function rowView({ name, record }: Instance): object {
  const { webhook: _webhook, ...row } = record;
  return {
    ...row,
    name,
    profilePicUrl: null,
    integration: 'WHATSAPP-BAILEYS',
    businessId: null,
    clientName: 'sandbox',
    disconnectionObject: null,
    updatedAt: record.createdAt,
    ...{ Chatwoot: null, Proxy: null, Rabbitmq: null, Nats: null, Sqs: null, Websocket: null },
  };
}

function entryView({ name, record, state }: Instance): object {
  const common = { instanceName: name, instanceId: record.id, status: state, apikey: record.token };
  if (state !== 'open') return { instance: common };
  const { ownerJid: owner, profileName } = record;
  return {
    instance: {
      ...common,
      owner,
      profileName: profileName ?? 'not loaded',
      profilePictureUrl: null,
      profileStatus: 'not loaded',
    },
  };
}

const setWebhook: Handler = ({ asked, generation, instance: given }) => {
  const instance = the(given);
  const { record } = instance;
  record.webhook = webhookSet(generation, fieldsOf(asked.body), record.webhook);
  instance.save();
  return { status: 201, body: webhookView(generation, instance, 'set') };
};

function webhookView(generation: Generation, { name, record }: Instance, after: 'find' | 'set'): unknown {
  const { webhook } = record;
  if (generation === 'v2') return webhook && newWebhookView(webhook, record.id);
  const flat = flatView(webhook);
  return after === 'find' ? flat : { webhook: { instanceName: name, webhook: flat } };
}

function newWebhookView({ byEvents, base64, ...webhook }: Webhook, instanceId: string): object {
  return { id: instanceId, ...webhook, webhookByEvents: byEvents, webhookBase64: base64, instanceId };
}

function flatView(webhook: Webhook | null): object {
  return {
    enabled: webhook?.enabled ?? false,
    url: webhook?.url ?? '',
    events: webhook?.events ?? [],
    webhook_by_events: webhook?.byEvents ?? false,
    webhook_base64: webhook?.base64 ?? false,
  };
}

/** The answer to a `create`. */
export function created(generation: Generation, instance: Instance, withQr: boolean): object {
  const { name, record, state } = instance;
  const { webhook, token, id: instanceId } = record;
  const settings = {
    ...{ rejectCall: false, msgCall: '', groupsIgnore: false, alwaysOnline: false },
    ...{ readMessages: false, readStatus: false, syncFullHistory: false },
  };
  const qrcode = withQr ? { qrcode: qrView(instance) } : {};
  if (generation === 'v1') {
    return {
      instance: {
        instanceName: name,
        instanceId,
        webhook_wa_business: null,
        access_token_wa_business: '',
        status: 'created',
      },
      hash: { apikey: token },
      webhook: {
        ...{ webhook: webhook?.url ?? '', webhook_by_events: webhook?.byEvents ?? false },
        ...{ webhook_base64: webhook?.base64 ?? false, events: webhook?.events ?? [] },
      },
      settings,
      ...qrcode,
    };
  }
  return {
    instance: {
      ...{ instanceName: name, instanceId, integration: 'WHATSAPP-BAILEYS', webhookWaBusiness: null },
      ...{ accessTokenWaBusiness: '', status: state },
    },
    hash: token,
    webhook: webhook
      ? { webhookUrl: webhook.url, webhookByEvents: webhook.byEvents, webhookBase64: webhook.base64 }
      : {},
    ...{ websocket: {}, rabbitmq: {}, nats: {}, sqs: {}, settings },
    ...qrcode,
  };
}
