/** The two live channels: server-sent events and Socket.IO. Both bring the same events. */
import { GatewayEvent } from '@zapfleet/contract';
import { io } from 'socket.io-client';
import { z } from 'zod';
import { EventsSeen } from './events-seen.ts';

const Subscribed = z.object({ ok: z.boolean(), error: z.object({ message: z.string() }).optional() });

export type Listening = { seen: EventsSeen; close(): void };

/** Resolves when the stream is open. */
export async function listenOverSse(url: string, apiKey: string, sessionId: string): Promise<Listening> {
  const seen = new EventsSeen('SSE');
  const abort = new AbortController();
  const response = await fetch(`${url}/events/stream?after=0&sessionId=${sessionId}`, {
    headers: { 'x-api-key': apiKey, accept: 'text/event-stream' },
    signal: abort.signal,
  });
  const { body } = response;
  if (!response.ok || !body) throw new Error(`the event stream answered ${response.status}: ${await response.text()}`);
  const read = async () => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const bytes of body) {
      const blocks = (rest + decoder.decode(bytes as Uint8Array, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: ?(.*)$/m.exec(block)?.[1];
        if (data !== undefined) seen.add(GatewayEvent.parse(JSON.parse(data)));
      }
    }
    seen.fail('the server ended the stream');
  };
  read().catch((error: unknown) => {
    if (!abort.signal.aborted) seen.fail(String(error));
  });
  return { seen, close: () => abort.abort() };
}

/** Resolves when the server confirmed the subscription. */
export async function listenOverSocket(url: string, apiKey: string, sessionId: string): Promise<Listening> {
  const seen = new EventsSeen('Socket.IO');
  const socket = io(url, { auth: { token: apiKey }, reconnection: false });
  socket.on('event', (event: unknown) => seen.add(GatewayEvent.parse(event)));
  socket.on('disconnect', (reason) => {
    if (reason !== 'io client disconnect') seen.fail(`the connection ended: ${reason}`);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('connect_error', (error) => reject(new Error(`Socket.IO: ${error.message}`)));
  });
  const answer: unknown = await socket.timeout(10_000).emitWithAck('subscribe:session', { sessionId, lastSeq: 0 });
  const { ok, error } = Subscribed.parse(answer);
  if (!ok) throw new Error(`Socket.IO: the subscription was refused: ${error?.message ?? ''}`);
  return { seen, close: () => void socket.disconnect() };
}
