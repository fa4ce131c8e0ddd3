import { setTimeout as pause } from 'node:timers/promises';
import type { UserFacingSocketConfig } from 'baileys';
import type { Sandbox } from '../sandbox.ts';
import { Client, newCredentials, mediaTrust } from './client.ts';

export type Answer = { readonly status: number; readonly body: unknown };
export type Phone = { readonly phoneNumber: string; readonly lid: string; readonly name: string };
export type Shown = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly chat: string;
  readonly type: string;
  readonly text?: string;
  readonly status: string;
  readonly receipts?: readonly { phoneNumber: string; status: string }[];
  readonly [detail: string]: unknown;
};

type Doors = Pick<Sandbox, 'controlUrl' | 'url'>;

export async function call(network: Doors, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(network.controlUrl + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: await response.json() };
}

export async function newPhone(network: Doors, name: string, more: object = {}): Promise<Phone> {
  const { status, body } = await call(network, 'POST', '/sandbox/phones', { name, ...more });
  if (status !== 201) throw new Error(`no phone: ${JSON.stringify(body)}`);
  return body as Phone;
}

export async function scan(network: Doors, phone: Phone, qr: string): Promise<Answer> {
  return call(network, 'POST', `/sandbox/phones/${phone.phoneNumber}/scan`, { qr });
}

/** A client that was linked to this phone by QR code and is through with its first login. */
export async function linked(
  network: Doors | Sandbox,
  phone: Phone,
  options: Partial<UserFacingSocketConfig> = {},
): Promise<Client> {
  // A phone that has written something sends its history as a file, which is fetched before anything else is told.
  const trusting = 'mediaCa' in network ? mediaTrust(network) : {};
  const client = new Client(network, newCredentials(), { ...trusting, ...options });
  const scanned = await scan(network, phone, await client.qr());
  if (scanned.status !== 200) throw new Error(`not linked: ${JSON.stringify(scanned.body)}`);
  await client.opened();
  await client.until(() => client.auth.creds.accountSyncCounter > 0, 'the first synchronisation');
  client.problems.length = 0;
  return client;
}

export async function screen(network: Doors, phone: Phone, query = ''): Promise<Shown[]> {
  const { body } = await call(network, 'GET', `/sandbox/phones/${phone.phoneNumber}/messages${query}`);
  return (body as { data: Shown[] }).data;
}

/** The message of this id on a phone's screen, once it `shows`: a screen has no events and is looked at again and again. */
export async function shown(
  network: Doors,
  phone: Phone,
  id: string,
  shows: (message: Shown) => boolean = () => true,
): Promise<Shown> {
  const giveUpAt = performance.now() + 15_000;
  for (;;) {
    const messages = await screen(network, phone, '?limit=10000');
    const found = messages.find((message) => message.id === id && shows(message));
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw new Error(`the screen never showed it: ${JSON.stringify(messages)}`);
    await pause(5);
  }
}

/** `what` is a text, or the body of another kind. Answers the id of the message. */
export async function write(network: Doors, author: Phone, to: Phone, what: string | object): Promise<string> {
  const { status, body } = await call(network, 'POST', `/sandbox/phones/${author.phoneNumber}/messages`, {
    to: to.phoneNumber,
    ...(typeof what === 'string' ? { text: what } : what),
  });
  if (status !== 201) throw new Error(`not written: ${JSON.stringify(body)}`);
  return (body as { id: string }).id;
}
