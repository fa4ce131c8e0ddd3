/** Receives webhooks in a process of its own, as fast as it can, and notes when each came. It prints its address. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Arrival, Claim } from './protocol.ts';

type Received = { readonly data: { readonly message?: { readonly content: { readonly text?: string } } } };

let arrivals: Arrival[] = [];
let claim: Claim | null = null;

function settle(): void {
  if (claim === null || arrivals.length < claim.count) return;
  const told = arrivals.slice(0, claim.count);
  arrivals = arrivals.slice(claim.count);
  claim = null;
  process.send?.(told);
}

const server = createServer((request, response) => {
  // When the head is read: the first bytes and no more are there.
  const at = process.hrtime.bigint();
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    response.writeHead(204).end();
    const { data } = JSON.parse(Buffer.concat(parts).toString()) as Received;
    arrivals.push({ text: data.message?.content.text ?? '', at });
    settle();
  });
});
server.keepAliveTimeout = 60_000;
process.on('message', (asked: Claim) => {
  claim = asked;
  settle();
});
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  console.log(`listening at http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
