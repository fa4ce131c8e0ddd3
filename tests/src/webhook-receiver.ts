/** Receives webhooks as a customer would: checks the signature of each call, and answers as the test says. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayEvent } from '@zapfleet/contract';
import { Webhook } from 'standardwebhooks';

export type ReceivedCall = {
  /** The path without its query. */
  path: string;
  /** `webhook-id` */
  id: string;
  /** Whether one of the secrets that the receiver knows by now signed it: the first call may come before the answer that brings the secret. */
  readonly verified: boolean;
  body: string;
  event: GatewayEvent;
  /** ms since the epoch */
  at: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** How often this id came to this path before. */
  before: number;
  /** The status that `behave` chose. */
  answered?: number;
};

/** A status, or whatever else is done with the answer; `undefined` leaves the caller waiting. */
export type Behaviour = (call: ReceivedCall, response: ServerResponse) => number | undefined;

export type WebhookReceiver = AsyncDisposable & {
  /** `http://127.0.0.1:<port>`; every path below it is received. */
  readonly url: string;
  readonly calls: ReceivedCall[];
  behave: Behaviour;
  trust(secret: string): void;
  /** Resolves when a look at all calls is satisfied. */
  until(holds: (calls: readonly ReceivedCall[]) => boolean, ms?: number): Promise<void>;
};

export async function startReceiver(): Promise<WebhookReceiver> {
  const verifiers: Webhook[] = [];
  const calls: ReceivedCall[] = [];
  const seen = new Map<string, number>();
  const lookers = new Set<() => void>();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const path = new URL(request.url ?? '/', 'http://receiver').pathname;
      const id = String(request.headers['webhook-id']);
      const before = seen.get(`${path} ${id}`) ?? 0;
      seen.set(`${path} ${id}`, before + 1);
      const headers = request.headers as Record<string, string>;
      const call: ReceivedCall = {
        ...{ path, id, body, before, headers, at: Date.now() },
        event: JSON.parse(body) as GatewayEvent,
        get verified() {
          return verifiers.some((verifier) => isSigned(verifier, body, headers));
        },
      };
      calls.push(call);
      const status = receiver.behave(call, response);
      if (status !== undefined) call.answered = status;
      if (status !== undefined) response.writeHead(status).end(`answer ${status}`);
      for (const look of lookers) look();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    behave: () => 200,
    trust: (secret) => void verifiers.push(new Webhook(secret)),
    until: (holds, ms = 60_000) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer);
          lookers.delete(look);
          act();
        };
        const look = () => {
          if (holds(calls)) settle(resolve);
        };
        const timer = setTimeout(() => {
          const last = calls.slice(-20).map(({ path, id, before, event }) => `${path} ${id} ${before} ${event.type}`);
          settle(() =>
            reject(new Error(`after ${ms} ms and ${calls.length} calls it has not come to that:\n${last.join('\n')}`)),
          );
        }, ms);
        lookers.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

function isSigned(verifier: Webhook, body: string, headers: Record<string, string>): boolean {
  try {
    verifier.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

/** The text of a message that came in; null for any other event. */
export function textIn({ event }: Pick<ReceivedCall, 'event'>): string | null {
  return event.type === 'message.received' && event.data.message.content.type === 'text'
    ? event.data.message.content.text
    : null;
}

/** Holds what came against the contract. */
export function fitsContract({ event }: ReceivedCall): boolean {
  return GatewayEvent.safeParse(event).success;
}
