/**
 * Links a session with a simulated phone, writes to another one and waits until it was read. An example to copy:
 *
 *   ZAPFLEET_URL=http://127.0.0.1:3000 ZAPFLEET_KEY=<key> node sdk/examples/first-steps.ts
 */
import { createClient, type EventOf, type GatewayEvent } from '@zapfleet/sdk';

const { ZAPFLEET_URL = 'http://127.0.0.1:3000', ZAPFLEET_KEY = '' } = process.env;
const zapfleet = createClient({ baseUrl: ZAPFLEET_URL, apiKey: ZAPFLEET_KEY });

const ana = await zapfleet.createSandboxPhone({ body: { name: 'Ana' } });
const bruno = await zapfleet.createSandboxPhone({ body: { name: 'Bruno' } });
const session = await zapfleet.createSession({ body: { name: `example-${Date.now()}`, network: 'sandbox' } });
console.log(`${session.name} was created.`);

// With a real phone you would show the picture `png` of `getQr({ path, query: { wait: 20 } })` and let it be scanned.
await zapfleet.getQr({ path: { id: session.id }, query: { wait: 20 } });
await zapfleet.scanWithSandboxPhone({ path: { phone: ana.phoneNumber }, body: { sessionId: session.id } });

const isConnected = (event: GatewayEvent): event is EventOf<'session.connected'> => event.type === 'session.connected';
const { data } = await first(isConnected);
console.log(`It is connected as ${data.account.pushName ?? data.account.phoneNumber}.`);

const sent = await zapfleet.sendMessage({
  path: { id: session.id },
  headers: { 'idempotency-key': `greeting-${session.id}` },
  body: { to: bruno.phoneNumber, text: 'Hello Bruno' },
});
console.log(`The message is ${sent.status}.`);

await zapfleet.readSandboxScreen({ path: { phone: bruno.phoneNumber }, query: { read: 'true' } });
const isRead = (event: GatewayEvent): event is EventOf<'message.status'> =>
  event.type === 'message.status' && event.data.messageId === sent.id && event.data.status === 'read';
await first(isRead);
console.log('Bruno has read it.');

const receipt = await zapfleet.deleteSession({ path: { id: session.id } });
console.log(`The session is deleted; its device is unlinked: ${receipt.unlinked}.`);

/** The first event of this session that fits. */
async function first<E extends GatewayEvent>(fits: (event: GatewayEvent) => event is E): Promise<E> {
  for await (const event of zapfleet.events({ sessionId: session.id, after: 0 })) if (fits(event)) return event;
  throw new Error('The session is gone.');
}
