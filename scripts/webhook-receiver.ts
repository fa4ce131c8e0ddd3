/**
 * Receives the webhooks of Zapfleet, checks who sent them, and prints them. An example to copy:
 *
 *   WEBHOOK_SECRET=whsec_… PORT=4000 npm run webhook-receiver
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

const { WEBHOOK_SECRET, PORT = '4000' } = process.env;
if (!WEBHOOK_SECRET) stop('Set WEBHOOK_SECRET to the secret that POST /webhooks answered.');
const verifier = new Webhook(WEBHOOK_SECRET);

/** What was seen already: a delivery whose answer got lost comes again, under the same id. Keep this in your database. */
const seen = new Set<string>();

const server = createServer((request, response) => {
  void receive(request).then(
    (status) => response.writeHead(status).end(),
    (error: unknown) => {
      console.error(error);
      // Not 2xx: it comes again in 5 seconds, and then ever more seldom for three days.
      response.writeHead(500).end();
    },
  );
});

async function receive(request: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  // The bytes as they came: whoever parses first and writes anew signs something else.
  const body = Buffer.concat(chunks).toString();
  let event: Envelope;
  try {
    event = verifier.verify(body, request.headers as Record<string, string>) as Envelope;
  } catch {
    console.error('Refused: nobody who knows the secret has signed this, or it is older than five minutes.');
    return 401;
  }
  if (seen.has(event.id)) return 200;
  // Store it before the answer, and do what takes long after it: the answer must come within 15 seconds.
  seen.add(event.id);
  console.log(`${event.occurredAt} ${event.seq} ${event.type} ${JSON.stringify(event.data)}`);
  return 200;
}

type Envelope = { id: string; seq: number; type: string; occurredAt: string; data: unknown };

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`Listening at http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
process.once('SIGINT', () => server.close());
process.once('SIGTERM', () => server.close());

function stop(reason: string): never {
  console.error(reason);
  process.exit(1);
}
