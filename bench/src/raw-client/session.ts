import makeWASocket, { type ConnectionState, DisconnectReason, type WAMessage, generateMessageIDV2 } from 'baileys';
import pino from 'pino';
import type { MemoryAuth } from './auth-state.ts';
import type { Traffic } from './traffic.ts';

const logger = pino({ level: 'silent' });
/** As the protocol counts a message's way: 2 the network has it, 3 the device has it. */
const DELIVERED = 3;

export type RawSession = {
  readonly auth: MemoryAuth;
  /** Resolves when the connection is open; rejects when it ended otherwise. */
  readonly opened: Promise<void>;
  /** Resolves when the network has acknowledged it. */
  send(jid: string, text: string): Promise<void>;
};

export type SessionOptions = {
  readonly url: string;
  readonly auth: MemoryAuth;
  readonly traffic: Traffic;
  readonly onQr?: (qr: string) => void;
};

/** One session of the library as its own documents show it: stock settings, events to counters, a new socket after 515. */
export function openRawSession({ url, auth, traffic, onQr }: SessionOptions): RawSession {
  const opened = Promise.withResolvers<undefined>();

  const connect = (): ReturnType<typeof makeWASocket> => {
    const made = makeWASocket({ waWebSocketUrl: url, auth, logger });
    made.ev.on('creds.update', (update) => void Object.assign(auth.creds, update));
    made.ev.on('connection.update', (update) => follow(update));
    made.ev.on('messages.upsert', ({ messages }) => {
      for (const message of messages) take(message);
    });
    made.ev.on('messages.update', (updates) => {
      for (const { key, update } of updates) note(key.id, update.status);
    });
    made.ws.on('CB:ack,class:message', ({ attrs }: { attrs: Record<string, string> }) => {
      traffic.acknowledged(attrs['id'] ?? '');
    });
    return made;
  };

  const follow = ({ qr, connection, lastDisconnect }: Partial<ConnectionState>) => {
    if (qr !== undefined) onQr?.(qr);
    if (connection === 'open') opened.resolve(undefined);
    if (connection !== 'close') return;
    const error = lastDisconnect?.error as { output?: { statusCode?: number } } | undefined;
    if (error?.output?.statusCode === DisconnectReason.restartRequired) socket = connect();
    else opened.reject(new Error('a raw session ended', { cause: error }));
  };
  const take = (message: WAMessage) => {
    // The library folds an update into a message that it has not handed out yet.
    if (message.key.fromMe === true) note(message.key.id, message.status);
    else if (textOf(message) !== undefined) traffic.received.add();
  };
  const note = (id: string | null | undefined, status: number | null | undefined) => {
    if (id != null && status != null && status >= DELIVERED) traffic.delivered(id);
  };

  let socket = connect();
  return {
    auth,
    opened: opened.promise,
    send: async (jid, text) => {
      const messageId = generateMessageIDV2(socket.user?.id);
      const acknowledged = traffic.acknowledgement(messageId, !jid.endsWith('@g.us'));
      await socket.sendMessage(jid, { text }, { messageId });
      await acknowledged;
    },
  };
}

function textOf({ message }: WAMessage): string | undefined {
  return message?.conversation ?? message?.extendedTextMessage?.text ?? undefined;
}
