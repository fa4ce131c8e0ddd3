import { type InstanceRecord, Instance } from './instance.ts';
import { Failure, failure, nameInUse, unknownInstance } from './failures.ts';
import { read } from '../companion/login-state.ts';
import type { Answered, Asked, Generation, InstanceFault } from './protocol.ts';
import type { Rows } from '../companion/rows.ts';
import { type Call, fieldsOf, textOf } from './call.ts';
import { created } from './instance-routes.ts';
import { routes } from './routes.ts';
import { webhookFrom } from './webhook-body.ts';

/** The server answers a delete before it is done: for so long its name stands in the way. */
const DELETE_LINGERS_MS = 150;

export type ServersParts = { readonly networkUrl: string; readonly apiKey: string; readonly rows: Rows };

type Order = { readonly kind: InstanceFault['kind']; readonly instance: string | undefined; left: number };

/** The two servers: instances, keys, and what is wrong with them on purpose. */
export class Servers {
  readonly #parts: ServersParts;
  readonly #instances = new Map<string, Instance>();
  /** Deleted, but their names are not free yet. */
  readonly #lingering = new Set<string>();
  readonly #orders: Order[] = [];
  #serverUrl = '';

  constructor(parts: ServersParts) {
    this.#parts = parts;
    for (const [key, text] of [...parts.rows.under('')]) {
      const [generation, name, what] = key.split('/');
      if (what !== 'record' || name === undefined) continue;
      this.#add(generation as Generation, name, read(text) as InstanceRecord);
    }
    // As the server does: all at once, whether they were ever linked or not.
    for (const instance of this.#instances.values()) instance.start();
  }

  async answer(asked: Asked): Promise<Answered> {
    this.#serverUrl = asked.serverUrl;
    try {
      return await this.#answer(asked);
    } catch (error) {
      if (error instanceof Failure) return error.answered;
      return failure(500, error instanceof Error ? error.message : String(error)).answered;
    }
  }

  async fault({ kind, times, instance: name }: InstanceFault): Promise<void> {
    const meant = [...this.#instances.values()].filter((instance) => name === undefined || instance.name === name);
    for (const instance of meant) {
      if (kind === 'webhook_wiped') {
        instance.record.webhook = null;
        instance.save();
      } else if (kind === 'instance_lost') {
        this.#forget(instance);
        await instance.remove();
      } else if (kind === 'open_lies') await instance.beginToLie();
    }
    if (kind === 'delete_leaves' || kind === 'name_in_use') this.#orders.push({ kind, instance: name, left: times });
  }

  calm(): void {
    this.#orders.length = 0;
  }

  async #answer(asked: Asked): Promise<Answered> {
    const { method, path, generation } = asked;
    if (path === '/' && method === 'GET') return { status: 200, body: welcome(asked) };
    const [, group = '', action = '', given] = path.split('/');
    const name = given === undefined ? undefined : decodeURIComponent(given);
    const isMaster = asked.apiKey === this.#parts.apiKey;
    const own = name === undefined ? undefined : this.#find(generation, name);
    const holder = this.#ofGeneration(generation).find(({ record }) => record.token === asked.apiKey);
    const isOwn = holder !== undefined && (own === holder || action === 'fetchInstances');
    if (!isMaster && !isOwn) throw failure(401, 'Unauthorized');
    const call: Call = { asked, generation, instance: own, only: isMaster ? null : (holder ?? null), all: [] };
    const key = `${method} ${group}/${action}`;
    if (key === 'POST instance/create') return this.#create(call);
    const handle = routes[generation].get(key);
    if (!handle) throw failure(404, [`Cannot ${method} ${path}`]);
    if (name !== undefined && !own) throw unknownInstance(name);
    if (key === 'GET instance/fetchInstances') {
      const all = this.#ofGeneration(generation);
      return handle({ ...call, all: call.only ? all.filter((one) => one === call.only) : all });
    }
    if (!own) throw failure(404, [`Cannot ${method} ${path}`]);
    if (key === 'DELETE instance/delete') return this.#delete(call, own);
    return handle(call);
  }

  async #create({ asked, generation, only }: Call): Promise<Answered> {
    if (only) throw failure(401, 'Unauthorized');
    const body = fieldsOf(asked.body);
    // The server takes a missing name for the word "undefined", and says of it that it is taken.
    const name = body['instanceName'] === undefined ? 'undefined' : textOf(body['instanceName']);
    const key = `${generation}/${name}`;
    const isTaken = this.#instances.has(key) || this.#lingering.has(key) || name === 'undefined';
    if (isTaken || this.#strikes('name_in_use', name)) throw nameInUse(name);
    if (generation === 'v2' && !['WHATSAPP-BAILEYS', 'WHATSAPP-BUSINESS'].includes(String(body['integration']))) {
      throw failure(400, ['Invalid integration']);
    }
    const token = typeof body['token'] === 'string' && body['token'] !== '' ? body['token'] : undefined;
    if (token !== undefined && this.#ofGeneration(generation).some(({ record }) => record.token === token)) {
      throw failure(400, ['Token already exists']);
    }
    const instance = this.#add(generation, name, null, token);
    instance.record.webhook = webhookFrom(generation, body, null);
    instance.save();
    instance.told('instance.create', { instanceName: name, instanceId: instance.record.id });
    if (body['qrcode'] === true) {
      instance.start();
      await instance.until(() => instance.qr !== null, 5000);
    }
    return { status: 201, body: created(generation, instance, body['qrcode'] === true) };
  }

  async #delete({ generation, asked }: Call, instance: Instance): Promise<Answered> {
    const { name } = instance;
    if (generation === 'v1' && instance.state === 'open') {
      throw failure(400, [`The "${name}" instance needs to be disconnected`]);
    }
    if (instance.state !== 'close' && instance.record.ownerJid !== null) await instance.logOut();
    const answered = {
      status: 200,
      body: { status: 'SUCCESS', error: false, response: { message: 'Instance deleted' } },
    };
    if (this.#strikes('delete_leaves', name)) return answered;
    const key = `${asked.generation}/${name}`;
    this.#lingering.add(key);
    setTimeout(() => this.#lingering.delete(key), DELETE_LINGERS_MS).unref();
    this.#forget(instance);
    instance.told('instance.delete', { instanceName: name, instanceId: instance.record.id });
    await instance.remove();
    return answered;
  }

  #strikes(kind: Order['kind'], name: string): boolean {
    const order = this.#orders.find(
      ({ kind: its, left, instance }) => its === kind && left > 0 && (instance === undefined || instance === name),
    );
    if (order) order.left -= 1;
    return order !== undefined;
  }

  #add(generation: Generation, name: string, record: InstanceRecord | null, token?: string): Instance {
    const { networkUrl, rows } = this.#parts;
    const place = { generation, name, networkUrl, rows, serverUrl: () => this.#serverUrl };
    const instance = new Instance(place, record, token);
    this.#instances.set(`${generation}/${name}`, instance);
    return instance;
  }

  #forget(instance: Instance): void {
    for (const [key, one] of this.#instances) if (one === instance) this.#instances.delete(key);
  }

  #find(generation: Generation, name: string): Instance | undefined {
    return this.#instances.get(`${generation}/${name}`);
  }

  #ofGeneration(generation: Generation): Instance[] {
    return [...this.#instances].flatMap(([key, one]) => (key.startsWith(`${generation}/`) ? [one] : []));
  }
}

function welcome({ generation, serverUrl }: Asked): object {
  return {
    status: 200,
    message: 'Welcome to the Evolution API, it is working!',
    version: generation === 'v1' ? '1.8.6' : '2.3.6',
    ...(generation === 'v2' && { clientName: 'sandbox' }),
    documentation: 'https://doc.evolution-api.com',
    manager: `${serverUrl}/manager`,
  };
}
