import type { FastifyReply } from 'fastify';

/** Aborts when the caller has gone, the answer was sent, or the server shuts down: nothing waits for nobody. */
export function goneSignal(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, closing]);
}
