/** Sessions under load: phones write to them past the server, and they write to phones through it, also while it or its database is away. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorBody, ErrorCode, MessageId, SessionId } from '@zapfleet/contract';
import type { Client } from './client.ts';
import { type LinkedSession, linkSession, newPhone } from './linking.ts';
import { eventually } from './polling.ts';
import type { StartedSandbox } from './server.ts';
import type { WebhookReceiver } from './webhook-receiver.ts';

export type Fleet = {
  network: StartedSandbox;
  receiver: WebhookReceiver;
  sessions: readonly LinkedSession[];
  /** Phone numbers of those who write and are written to. */
  friends: readonly string[];
  webhooks: readonly FleetWebhook[];
};

export type FleetWebhook = { id: string; path: string; strictOrder: boolean; tells(type: string): boolean };

/** A text between a session and a friend: what was promised of it. `waId` is WhatsApp's id. */
export type Written = { sessionId: SessionId; friend: string; text: string; waId: string };
/** `acknowledged`: the answer said that WhatsApp has it. */
export type Accepted = Written & { id: MessageId; acknowledged: boolean };

/** What the load was promised, in the order of each chat. */
export type Books = {
  written: Written[];
  accepted: Accepted[];
  /** Answers that nobody should get, whatever died. */
  refused: string[];
  /** How often callers were told to come again. */
  turnedAway: Partial<Record<ErrorCode, number>>;
  /** What was written and accepted while the server was there, and for how long it was. */
  whileUp: { messages: number; ms: number };
};

export type Load = {
  readonly books: Books;
  /** The server is there: resolves when so many more were accepted. */
  goesOnFor(more: number): Promise<void>;
  /** Resolves when somebody was told to come again for this reason. */
  isTurnedAway(code: ErrorCode): Promise<void>;
  /** Writes no more; resolves when everything that was asked for is answered. */
  stop(): Promise<void>;
};

/** Asks again with the same key until there is an answer: what follows on a crash is nothing that the caller did. */
const RETRY_MS = 100;
const ANSWER_WITHIN_MS = 20_000;
/** What a caller can do nothing about but come again. */
const passing = new Set<ErrorCode>(['database_unavailable', 'disk_full']);
/** Its chat hears the next then. */
const UNANSWERED_MS = 1_000;

/** Links the sessions; their webhooks are of two kinds, one of them in strict order. */
export async function makeFleet(
  client: Client,
  network: StartedSandbox,
  receiver: WebhookReceiver,
  { sessions, friends }: { sessions: number; friends: number },
): Promise<Fleet> {
  const linked = await Promise.all(Array.from({ length: sessions }, (_, at) => linkSession(client, `s${at}`)));
  const phones = await Promise.all(Array.from({ length: friends }, (_, at) => newPhone(client, `Friend ${at}`)));
  const hook = async (path: string, events: string[], strictOrder: boolean): Promise<FleetWebhook> => {
    const body = { url: `${receiver.url}${path}`, events, strictOrder };
    const { id, secret } = await client.call('createWebhook', { body });
    receiver.trust(secret);
    const [pattern = ''] = events;
    return { id, path, strictOrder, tells: (type) => type.startsWith(pattern.replace('*', '')) };
  };
  const webhooks = [await hook('/strict', ['message.received'], true), await hook('/all', ['message.*'], false)];
  return { network, receiver, sessions: linked, friends: phones, webhooks };
}

/** Some calls fail at first, as those of any customer do. */
export function failNowAndThen({ receiver }: Fleet, oneIn: number): void {
  let counted = 0;
  receiver.behave = ({ before }) => {
    counted += 1;
    return before === 0 && counted % oneIn === 0 ? 503 : 200;
  };
}

/**
 * `perSecond` messages, shared among all chats; each in turn hears something and says something. While nobody answers what is said, fewer are
 * written. `client` answers the server of this moment.
 */
export function startLoad(
  fleet: Fleet,
  client: () => Client,
  { name, perSecond, unansweredMs = UNANSWERED_MS }: { name: string; perSecond: number; unansweredMs?: number },
): Load {
  const { network, sessions, friends } = fleet;
  const books: Books = { written: [], accepted: [], refused: [], turnedAway: {}, whileUp: { messages: 0, ms: 0 } };
  const everyMs = (1000 * 2 * sessions.length * friends.length) / perSecond;
  let isOver = false;

  async function chat({ id: sessionId, phone }: LinkedSession, friend: string): Promise<void> {
    const text = (way: string, turn: number): string => `${way} ${name} ${sessionId} ${friend} ${turn}`;
    const say = async (turn: number): Promise<void> => {
      const out = { sessionId, friend, text: text('out', turn) };
      const answer = await sendUntilAnswered(client, out, turn % 3 === 0 ? 5 : 0, books);
      if (typeof answer === 'string') books.refused.push(`${out.text}: ${answer}`);
      else books.accepted.push({ ...out, ...answer });
      isSaying = null;
    };
    let isSaying: Promise<void> | null = null;
    for (let turn = 0, at = Date.now() + Math.random() * everyMs; !isOver; turn += 1, at += everyMs) {
      await delay(Math.max(0, at - Date.now()));
      const heard = text('in', turn);
      const waId = await writeFrom(network, friend, { to: phone, text: heard });
      books.written.push({ sessionId, friend, text: heard, waId });
      isSaying ??= say(turn);
      await Promise.race([isSaying, delay(unansweredMs)]);
    }
    await isSaying;
  }

  const chats = sessions.flatMap((session) => friends.map((friend) => chat(session, friend)));
  return {
    books,
    goesOnFor: async (more) => {
      const counted = (): number => books.written.length + books.accepted.length;
      const [wanted, from, since] = [books.accepted.length + more, counted(), performance.now()];
      await until(() => books.accepted.length >= wanted, `${more} more are accepted`);
      books.whileUp.messages += counted() - from;
      books.whileUp.ms += performance.now() - since;
    },
    isTurnedAway: (code) => {
      const before = books.turnedAway[code] ?? 0;
      return until(() => (books.turnedAway[code] ?? 0) > before, `an answer "${code}"`);
    },
    stop: async () => {
      isOver = true;
      await Promise.all(chats);
    },
  };
}

function until(holds: () => boolean, what: string): Promise<void> {
  return eventually(() =>
    holds() ? Promise.resolve() : Promise.reject(new Error(`it did not come to this: ${what}`)),
  );
}

type Answer = { id: MessageId; waId: string; acknowledged: boolean };

/** Answers what stands in the way for good as a sentence. */
async function sendUntilAnswered(
  client: () => Client,
  { sessionId, friend, text }: { sessionId: SessionId; friend: string; text: string },
  wait: number,
  { turnedAway }: Books,
): Promise<Answer | string> {
  for (;;) {
    try {
      const { status, body } = await client().request('POST', `/sessions/${sessionId}/messages?wait=${wait}`, {
        headers: { 'idempotency-key': text },
        body: { to: friend, text },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      if (status === 201 || status === 202) {
        const { id, waId } = body as { id: MessageId; waId: string };
        return { id, waId, acknowledged: status === 201 };
      }
      const { code } = (body as ErrorBody).error;
      if (!passing.has(code)) return `${status} ${code}`;
      turnedAway[code] = (turnedAway[code] ?? 0) + 1;
    } catch (error) {
      // Nobody listens, or the answer broke off: whether it was accepted only the next answer says.
      if (!isOfTheConnection(error)) return String(error);
    }
    await delay(RETRY_MS);
  }
}

const isOfTheConnection = (error: unknown): boolean =>
  (error instanceof TypeError && ['fetch failed', 'terminated'].includes(error.message)) ||
  (error instanceof DOMException && error.name === 'TimeoutError');

/** A phone writes past the server, which may be dead. Answers the id of WhatsApp. */
async function writeFrom(network: StartedSandbox, phone: string, body: { to: string; text: string }): Promise<string> {
  const answer = await fetch(`${network.controlUrl}/sandbox/phones/${phone}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(`the sandbox answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { id: string }).id;
}

/** The network delivers some messages twice, at once or with what waits for a device that was away. */
export async function deliverSomeTwice({ network, sessions }: Fleet, times: number): Promise<void> {
  for (const { phone } of sessions) {
    for (const when of ['at_once', 'after_reconnect']) {
      const answer = await fetch(`${network.controlUrl}/sandbox/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'duplicate', phoneNumber: phone, times, when }),
      });
      if (answer.status !== 201) throw new Error(`the sandbox answered ${answer.status}: ${await answer.text()}`);
    }
  }
}

/** Resolves when all sessions are connected, with nobody's help. */
export async function allConnected({ sessions }: Fleet, client: Client): Promise<void> {
  await eventually(async () => {
    const { data } = await client.call('listSessions', { query: { state: 'connected', limit: 1_000 } });
    if (data.length < sessions.length) throw new Error(`${data.length} of ${sessions.length} sessions are connected`);
  });
}

/** Resolves when what was written last has come in, what left has reached its phone and no delivery waits. */
export async function settled({ sessions, webhooks }: Fleet, { written }: Books, client: Client): Promise<void> {
  await eventually(async () => {
    for (const { waId, sessionId, text } of lastOfEachChat(written)) {
      const { data } = await client.call('listMessages', {
        params: { id: sessionId },
        query: { order: 'newest', limit: 200 },
      });
      if (!data.some((message) => message.waId === waId)) throw new Error(`not there yet: ${text}`);
    }
    for (const { id } of sessions) {
      for (const status of ['queued', 'sending', 'sent'] as const) {
        const { data } = await client.call('listMessages', { params: { id }, query: { status, limit: 1 } });
        if (data.length > 0) throw new Error(`still ${status}: ${JSON.stringify(data[0])}`);
      }
    }
    for (const { id, path } of webhooks) {
      const { data } = await client.call('listDeliveries', { params: { id }, query: { status: 'pending', limit: 1 } });
      if (data.length > 0) throw new Error(`still to be delivered to ${path}: ${JSON.stringify(data[0])}`);
    }
  }, 120_000);
}

function lastOfEachChat(written: readonly Written[]): Written[] {
  return [...new Map(written.map((one) => [`${one.sessionId} ${one.friend}`, one])).values()];
}
