/** Sessions linked to simulated phones, through the public doors. */
import { isType } from './event-kinds.ts';
import type { GatewayEvent, SessionId } from '@zapfleet/contract';
import type { CallAnswer, Client } from './client.ts';
import type { EventStream } from './event-stream.ts';

export type LinkedSession = { id: SessionId; name: string; phone: string };

/** Creates a sandbox session, has a phone scan it (a new one where none is given), and resolves when it is connected. */
export async function linkSession(client: Client, name: string, owner?: string): Promise<LinkedSession> {
  const session = await client.call('createSession', { body: { name, network: 'sandbox' } });
  const phone = owner ?? (await newPhone(client, `Owner of ${name}`));
  await using events = client.follow({ sessionId: session.id, after: 0 });
  // Where many link at once, each waits for its turn, and a scan waits only so long for a code.
  await events.until(isType('session.qr'), 60_000);
  await client.call('scanWithSandboxPhone', {
    params: { phone },
    body: { sessionId: session.id },
  });
  await events.until(isConnected, 60_000);
  return { id: session.id, name, phone };
}

export const isConnected = isType('session.connected');

/** A phone of somebody who has no session here. */
export async function newPhone(client: Client, name: string): Promise<string> {
  return (await client.call('createSandboxPhone', { body: { name } })).phoneNumber;
}

export type Screen = CallAnswer<'readSandboxScreen'>['data'];

/** What the phone shows. */
export async function screenOf(client: Client, phone: string, read = false): Promise<Screen> {
  const { data } = await client.call('readSandboxScreen', {
    params: { phone },
    query: { limit: 100_000, ...(read && { read: 'true' as const }) },
  });
  return data;
}

export const receivedText =
  (text: string) =>
  (event: GatewayEvent): boolean =>
    event.type === 'message.received' &&
    event.data.message.content.type === 'text' &&
    event.data.message.content.text === text;

/** The texts of `message.received`, in the order of the log, until the one given was seen. */
export async function receivedUntil(events: EventStream, last: string): Promise<string[]> {
  await events.until(receivedText(last), 60_000);
  return events.seen.flatMap((event) =>
    event.type === 'message.received' && event.data.message.content.type === 'text'
      ? [event.data.message.content.text]
      : [],
  );
}
