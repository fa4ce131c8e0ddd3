import { hash } from 'node:crypto';
import type { SendRequest } from '../../messages/outbox-api.ts';

type Call = {
  body: object;
  query: { wait: number };
  headers: { 'idempotency-key'?: string | undefined };
};

/** A text without quotes and mentions, which is all that the compatible routes can say. */
export function textRequest(to: string, text: string, { body, query, headers }: Call): SendRequest {
  return {
    message: { to, text },
    idempotencyKey: headers['idempotency-key'] ?? null,
    bodyHash: hash('sha256', JSON.stringify(body)),
    waitMs: query.wait * 1000,
  };
}
