/** Socket.IO at `/socket.io`: subscribe to sessions, get their events live, and the QR codes that are in no log. */
import type { Server as HttpServer } from 'node:http';
import type { ErrorCode, GatewayEvent, SessionId } from '@zapfleet/contract';
import { type DefaultEventsMap, Server } from 'socket.io';
import { z } from 'zod';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Fleet } from '../sessions/fleet-api.ts';
import type { Caller, Callers } from '../ports/caller.ts';
import { mayCall } from './auth.ts';
import { problemsOf, sentenceFor } from './field-problems.ts';
import { createLiveFeed, type LiveFeed } from './live-feed.ts';
import { invalid } from './route.ts';
import type { Standing } from './standing.ts';
import { findSession } from './session-access.ts';
import { type Client, type FromClient, room, teller, type ToClient } from './session-news.ts';

export type RealtimeParts = {
  store: Store;
  events: EventLog;
  fleet: Fleet;
  clock: Clock;
  log: Log;
  callers: Callers;
  standing: Standing;
};

export type Realtime = { close(): Promise<void> };

type Answer = { ok: true; sessionId: string } | { ok: false; error: { code: ErrorCode; message: string } };

const Handshake = z.object({ token: z.string().min(1) });
const Subscribe = z.object({
  sessionId: z.string().min(1).max(100),
  lastSeq: z.number().int().min(0).nullish(),
});
const Unsubscribe = Subscribe.pick({ sessionId: true });

const MOST_SUBSCRIPTIONS = 5000;
const LARGEST_MESSAGE = 64 * 1024;

/** Listens with the HTTP server. */
export function attachRealtime(http: HttpServer, parts: RealtimeParts): Realtime {
  const feed = createLiveFeed(parts);
  // No CORS: pages of other origins are kept out by the browser.
  const io = new Server<FromClient, ToClient, DefaultEventsMap, { caller: Caller }>(http, {
    maxHttpBufferSize: LARGEST_MESSAGE,
    connectTimeout: 15_000,
  });
  io.use((client, next) => {
    admit(client, parts).then(
      () => next(),
      (error: unknown) => next(refusedHandshake(error, parts.log)),
    );
  });
  io.on('connection', (client) => serve(client, feed, parts));
  return {
    close: async () => {
      feed.close();
      io.disconnectSockets(true);
      io.engine.close();
      await Promise.resolve();
    },
  };
}

async function admit(client: Client, { callers, standing }: RealtimeParts): Promise<void> {
  const read = Handshake.safeParse(client.handshake.auth);
  if (!read.success) throw new GatewayError('unauthorized', 'A key is needed: auth: { token }.');
  const caller = await callers.find(read.data.token);
  if (!caller) throw new GatewayError('unauthorized', 'This key is not known.');
  standing.requireRoom(caller);
  client.data.caller = caller;
}

/** `data` is what a client of Socket.IO gets with its `connect_error`. */
function refusedHandshake(error: unknown, log: Log): Error {
  const { code, message } = refusalOf(error, log);
  return Object.assign(new Error(message), { data: { code, message } });
}

function refusalOf(error: unknown, log: Log): { code: ErrorCode; message: string } {
  if (error instanceof GatewayError) return { code: error.code, message: error.message };
  log.error({ error }, 'A call over Socket.IO failed by a fault of ours');
  return { code: 'internal_error', message: 'A fault of ours.' };
}

function serve(client: Client, feed: LiveFeed, { store, events, fleet, log, standing }: RealtimeParts): void {
  const { caller } = client.data;
  const leaveDoor = standing.watch(caller, () => client.disconnect(true));
  /** Session → how to leave it. */
  const joined = new Map<SessionId, () => void>();

  /** Also when the session is deleted: nobody needs to listen to one that is gone. */
  function leave(id: SessionId): void {
    joined.get(id)?.();
    joined.delete(id);
  }

  async function subscribe(payload: unknown): Promise<{ sessionId: string; begin: () => void }> {
    const { sessionId: asked, lastSeq } = read(Subscribe, payload);
    const { id } = await findSession(store, caller, asked);
    const gap = lastSeq == null ? null : await events.gap(lastSeq, { tenantId: null, sessionId: id, types: null });
    if (joined.size >= MOST_SUBSCRIPTIONS && !joined.has(id)) {
      throw new GatewayError('too_many_requests', `A socket may listen to ${MOST_SUBSCRIPTIONS} sessions.`);
    }
    const begin = (): void => {
      if (!client.connected) return;
      joined.get(id)?.();
      const tell = teller(client, fleet, id, asked, mayCall(caller.role, 'admin'));
      client.emit('subscribed', { sessionId: asked });
      if (gap) client.emit('gap', { sessionId: asked, ...gap });
      const receive = (event: GatewayEvent, live: boolean): void => {
        tell.event(event, live);
        if (event.type === 'session.deleted') leave(id);
      };
      joined.set(id, feed.join({ sessionId: id, receive, ready: () => room(client) }, lastSeq ?? null, tell.qr));
    };
    return { sessionId: asked, begin };
  }

  async function unsubscribe(payload: unknown): Promise<{ sessionId: string; begin: () => void }> {
    const { sessionId: asked } = read(Unsubscribe, payload);
    const { id } = await findSession(store, caller, asked);
    leave(id);
    return { sessionId: asked, begin: () => {} };
  }

  const on = (act: typeof subscribe) => (payload: unknown, answer: unknown) => {
    const reply = (content: Answer): void => {
      if (typeof answer === 'function') (answer as (content: Answer) => void)(content);
    };
    act(payload).then(
      ({ sessionId, begin }) => {
        reply({ ok: true, sessionId });
        begin();
      },
      (error: unknown) => reply({ ok: false, error: refusalOf(error, log) }),
    );
  };

  client.on('subscribe:session', on(subscribe));
  client.on('unsubscribe:session', on(unsubscribe));
  client.on('disconnect', () => {
    leaveDoor();
    for (const leave of joined.values()) leave();
    joined.clear();
  });
  client.emit('connected', { clientId: client.id });
}

function read<T>(schema: z.ZodType<T>, payload: unknown): T {
  const result = schema.safeParse(payload, { error: sentenceFor });
  if (result.success) return result.data;
  throw invalid(problemsOf(result.error.issues, 'body'));
}
