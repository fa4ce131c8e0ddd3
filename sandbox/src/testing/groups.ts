import type { BaileysEventMap } from 'baileys';
import type { Sandbox } from '../sandbox.ts';
import type { Client } from './client.ts';
import { type Phone, call } from './controls.ts';

export type SandboxGroup = { readonly id: string; readonly inviteCode: string };
type Doors = Pick<Sandbox, 'controlUrl' | 'url'>;

export async function newGroup(
  network: Doors,
  subject: string,
  members: readonly Phone[],
  options: object = {},
): Promise<SandboxGroup> {
  const phones = members.map(({ phoneNumber }) => phoneNumber);
  const { status, body } = await call(network, 'POST', '/sandbox/groups', { subject, members: phones, ...options });
  if (status !== 201) throw new Error(`no group: ${JSON.stringify(body)}`);
  return body as SandboxGroup;
}

export async function writeInGroup(
  network: Doors,
  author: Phone,
  { id }: SandboxGroup,
  text: string,
  more: object = {},
): Promise<string> {
  const path = `/sandbox/phones/${author.phoneNumber}/messages`;
  const { status, body } = await call(network, 'POST', path, { to: id, text, ...more });
  if (status !== 201) throw new Error(`not written: ${JSON.stringify(body)}`);
  return (body as { id: string }).id;
}

/** What a client is told from now on, by event. */
export function groupEvents(client: Client) {
  const seen = new Map<string, unknown[]>();
  const note = (name: string, values: readonly unknown[]) => seen.set(name, [...(seen.get(name) ?? []), ...values]);
  client.socket.ev.process((events) => {
    for (const [name, value] of Object.entries(events)) note(name, Array.isArray(value) ? value : [value]);
    client.look();
  });
  const of = (name: string) => seen.get(name) ?? [];
  return {
    of: <Name extends keyof BaileysEventMap>(name: Name) => of(name) as Item<Name>[],
    async next<Name extends keyof BaileysEventMap>(name: Name): Promise<Item<Name>[]> {
      await client.until(() => of(name).length > 0, name);
      return of(name) as Item<Name>[];
    },
    until: <Name extends keyof BaileysEventMap>(name: Name, holds: (items: Item<Name>[]) => boolean) =>
      client.until(() => holds(of(name) as Item<Name>[]), name),
  };
}

type Item<Name extends keyof BaileysEventMap> = BaileysEventMap[Name] extends readonly (infer One)[]
  ? One
  : BaileysEventMap[Name];
