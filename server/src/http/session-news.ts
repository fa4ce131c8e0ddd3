/** What a client of Socket.IO hears of a session, and the words it is told in. */
import type { Account, Cause, GatewayEvent, SessionId } from '@zapfleet/contract';
import type { DefaultEventsMap, Socket } from 'socket.io';
import { isoTime } from '../domain/resources.ts';
import type { Fleet } from '../sessions/fleet-api.ts';
import type { Caller } from '../ports/caller.ts';
import { qrDataUrl } from './qr-picture.ts';

/** What a client sends is not known until it was read. */
export type FromClient = {
  'subscribe:session': (payload: unknown, answer: unknown) => void;
  'unsubscribe:session': (payload: unknown, answer: unknown) => void;
};

/** `sessionId` is the name where the client subscribed by name. */
export type ToClient = {
  connected: (hello: { clientId: string }) => void;
  subscribed: (to: { sessionId: string }) => void;
  qr: (code: { sessionId: string; qr: string; png: string; attempt: number; expiresAt: string }) => void;
  'session:connected': (news: { sessionId: string; account: Account }) => void;
  'session:disconnected': (news: { sessionId: string; cause: Cause; retryAt: string | null }) => void;
  'session:message': (news: { sessionId: string; from: string; message: string; id: string; type: string }) => void;
  /** Of what was missed since `lastSeq`, some is kept no more (or `lastSeq` is of another database). */
  gap: (news: { sessionId: string; after: number; oldest: number; newest: number }) => void;
  event: (event: GatewayEvent) => void;
};

export type Client = Socket<FromClient, ToClient, DefaultEventsMap, { caller: Caller }>;

/** A client that lets this much pile up is cut off; it comes back and asks for what it missed. */
const LARGEST_BACKLOG = 5000;
/** A replay waits for a client that has not taken this much yet. */
const REPLAY_BACKLOG = 256;

/** Says events of one session to one client, which calls the session `sessionId`. */
export function teller(client: Client, fleet: Fleet, id: SessionId, sessionId: string, maySeeQr: boolean) {
  let shownLast: string | null = null;

  /** The code on show, once. */
  function qr(): void {
    const shown = maySeeQr ? fleet.qr(id) : null;
    if (!shown || shown.qr === shownLast) return;
    shownLast = shown.qr;
    const { attempt, expiresAt } = shown;
    client.emit('qr', { sessionId, qr: shown.qr, png: qrDataUrl(shown.qr), attempt, expiresAt: isoTime(expiresAt) });
  }

  function event(told: GatewayEvent, live: boolean): void {
    if (backlogOf(client) > LARGEST_BACKLOG) {
      client.disconnect(true);
      return;
    }
    client.emit('event', told);
    switch (told.type) {
      case 'session.qr':
        // One that was missed is shown no more; when the replay has ended, the one of now is.
        if (live) qr();
        break;
      case 'session.connected':
        client.emit('session:connected', { sessionId, account: told.data.account });
        break;
      case 'session.disconnected':
        client.emit('session:disconnected', { sessionId, cause: told.data.cause, retryAt: told.data.retryAt });
        break;
      case 'message.received': {
        const { id: messageId, type, from, content } = told.data.message;
        const text = content.type === 'text' ? content.text : '';
        client.emit('session:message', {
          sessionId,
          from: from.phoneNumber ?? from.jid,
          message: text,
          id: messageId,
          type,
        });
        break;
      }
      default:
    }
  }
  return { qr, event };
}

/** How many packets wait because the client does not take them. */
function backlogOf({ conn }: Client): number {
  // Engine.IO keeps it private, and has no other word for it.
  const { writeBuffer } = conn as unknown as { writeBuffer?: readonly unknown[] };
  return writeBuffer?.length ?? 0;
}

/** Resolves when a client has taken most of what it was sent, or is gone. */
export function room(client: Client): Promise<void> {
  const { conn } = client;
  if (backlogOf(client) < REPLAY_BACKLOG || conn.readyState !== 'open') return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      conn.off('drain', done);
      conn.off('close', done);
      resolve();
    };
    conn.on('drain', done);
    conn.on('close', done);
  });
}
