/** Compares what a load was promised with what the phones show, what the store holds, what the log tells and what the receiver got. */
import type { GatewayEvent, MessageId } from '@zapfleet/contract';
import type { CallAnswer, Client } from './client.ts';
import type { Accepted, Books, Fleet, FleetWebhook, Written } from './loaded-fleet.ts';
import type { ReceivedCall } from './webhook-receiver.ts';

type StoredMessage = CallAnswer<'listMessages'>['data'][number];
type Delivery = CallAnswer<'listDeliveries'>['data'][number];
type ShownMessage = { id: string; cursor: string; from: string; to: string; text?: string };

/** Up to where an earlier reckoning has looked. */
export type Position = { seq: number; messages: Map<string, MessageId>; screens: Map<string, string> };
export const fromTheStart = (): Position => ({ seq: 0, messages: new Map(), screens: new Map() });

/** Of each kind of problem so many are named. */
const MOST_NAMED = 5;

/**
 * Answers every disagreement as a sentence; none when nothing was lost, doubled or told out of order. To be called when nothing moves any
 * more. `position` moves on, and the calls of the receiver are forgotten.
 */
export async function reckon(fleet: Fleet, client: Client, books: Books, position: Position): Promise<string[]> {
  const screens = new Map<string, ShownMessage[]>();
  for (const friend of fleet.friends) screens.set(friend, await screenSince(fleet, friend, position));
  const stored: StoredMessage[] = [];
  for (const { id } of fleet.sessions) stored.push(...(await messagesSince(client, id, position)));
  const after = position.seq;
  const events = await eventsSince(client, position);
  const calls = fleet.receiver.calls.splice(0);
  const problems = [
    ...books.refused.map((refusal) => `refused: ${refusal}`),
    ...problemsOfOutgoing(books.accepted, screens, stored, events),
    ...problemsOfIncoming(books.written, stored, events),
  ];
  for (const webhook of fleet.webhooks) {
    const deliveries = (await deliveriesSince(client, webhook, after)).filter(({ seq }) => seq <= position.seq);
    problems.push(...problemsOfWebhook(webhook, events, deliveries, calls));
  }
  return shortened(problems);
}

function problemsOfOutgoing(
  accepted: readonly Accepted[],
  screens: ReadonlyMap<string, readonly ShownMessage[]>,
  stored: readonly StoredMessage[],
  events: readonly GatewayEvent[],
): string[] {
  const problems: string[] = [];
  const rows = grouped(
    stored.filter(({ direction }) => direction === 'out'),
    textOf,
  );
  const told = grouped(
    events.flatMap((event) => (event.type === 'message.sent' ? [event.data.message] : [])),
    textOf,
  );
  for (const [friend, screen] of screens) {
    const received = screen.filter(({ from }) => from !== friend);
    const shown = grouped(received, ({ text = '' }) => text);
    const promised = accepted.filter((one) => one.friend === friend);
    for (const { text, id, waId } of promised) {
      const [first, ...more] = shown.get(text) ?? [];
      if (!first) problems.push(`accepted and not on the screen: ${text}`);
      else if (first.id !== waId) problems.push(`on the screen under another id than was answered: ${text}`);
      if (more.length > 0) problems.push(`on the screen ${more.length + 1} times: ${text}`);
      const row = rows.get(text) ?? [];
      if (row.length !== 1 || row[0]?.id !== id || row[0].waId !== waId)
        problems.push(`accepted and ${row.length} times in the store, with the ids ${idsOf(row)}: ${text}`);
      else if (row[0].status !== 'delivered') problems.push(`accepted and ${row[0].status}: ${text}`);
      const times = told.get(text)?.length ?? 0;
      if (times !== 1) problems.push(`message.sent ${times} times: ${text}`);
    }
    const known = new Set(promised.map(({ text }) => text));
    for (const text of shown.keys()) if (!known.has(text)) problems.push(`on the screen and never accepted: ${text}`);
    problems.push(
      ...outOfOrder(
        'on the screen',
        byChat(promised),
        received.map(({ text = '' }) => text),
      ),
    );
  }
  for (const text of rows.keys())
    if (!accepted.some((one) => one.text === text)) problems.push(`in the store and never accepted: ${text}`);
  return problems;
}

function problemsOfIncoming(
  written: readonly Written[],
  stored: readonly StoredMessage[],
  events: readonly GatewayEvent[],
): string[] {
  const problems: string[] = [];
  const rows = grouped(
    stored.filter(({ direction }) => direction === 'in'),
    textOf,
  );
  const received = events.flatMap((event) => (event.type === 'message.received' ? [event.data.message] : []));
  const told = grouped(received, textOf);
  for (const { text, waId } of written) {
    const row = rows.get(text) ?? [];
    if (row.length !== 1 || row[0]?.waId !== waId)
      problems.push(`written and ${row.length} times in the store: ${text}`);
    const times = told.get(text)?.length ?? 0;
    if (times !== 1) problems.push(`message.received ${times} times: ${text}`);
  }
  const known = new Set(written.map(({ text }) => text));
  for (const text of rows.keys()) if (!known.has(text)) problems.push(`in the store and never written: ${text}`);
  for (const event of events)
    if (event.type === 'message.undecryptable') problems.push(`could not be decrypted: ${JSON.stringify(event.data)}`);
  return [...problems, ...outOfOrder('in the log', byChat(written), received.map(textOf))];
}

function problemsOfWebhook(
  { path, strictOrder, tells }: FleetWebhook,
  events: readonly GatewayEvent[],
  deliveries: readonly Delivery[],
  calls: readonly ReceivedCall[],
): string[] {
  const problems: string[] = [];
  const due = events.filter(({ type }) => tells(type));
  const rows = grouped(deliveries, ({ eventId }) => eventId);
  const got = grouped(
    calls.filter((call) => call.path === path),
    ({ event }) => event.id,
  );
  const known = new Set<string>(due.map(({ id }) => id));
  for (const event of due) {
    const row = rows.get(event.id) ?? [];
    if (row.length !== 1) problems.push(`${path}: ${row.length} deliveries of ${event.type} ${event.seq}`);
    else if (row[0]?.status !== 'delivered') problems.push(`${path}: ${row[0]?.status} is ${event.type} ${event.seq}`);
    const [first, ...again] = got.get(event.id) ?? [];
    if (!first) problems.push(`${path}: never received ${event.type} ${event.seq}`);
    else if ([first, ...again].some(({ id }) => id !== event.id))
      problems.push(`${path}: a webhook-id that is not that of the event: ${event.type} ${event.seq}`);
    else if (!first.verified || [first, ...again].some(({ body }) => body !== JSON.stringify(event)))
      problems.push(`${path}: not what the log holds, or not signed: ${event.type} ${event.seq}`);
  }
  for (const id of [...rows.keys(), ...got.keys()])
    if (!known.has(id)) problems.push(`${path}: of an event that is not in the log: ${id}`);
  if (!strictOrder) return problems;
  // What was answered and not yet noted when the process died comes again: the first success counts.
  const inOrder = due.flatMap((event) => (event.type === 'message.received' ? [event.data.message] : []));
  const successes = calls.filter((call) => call.path === path && call.answered === 200);
  const delivered = successes.flatMap(({ event }) => (event.type === 'message.received' ? [event.data.message] : []));
  const chats = [...grouped(inOrder, ({ sessionId, chat }) => `${sessionId} ${chat}`).values()];
  return [
    ...problems,
    ...outOfOrder(
      `${path}:`,
      chats.map((chat) => chat.map(textOf)),
      delivered.map(textOf),
    ),
  ];
}

/** `chats`: texts in the order that they must first appear in. */
function outOfOrder(where: string, chats: readonly (readonly string[])[], texts: readonly string[]): string[] {
  const place = new Map<string, number>();
  for (const [at, text] of texts.entries()) if (!place.has(text)) place.set(text, at);
  return chats.flatMap((chat) =>
    chat.flatMap((text, at) => {
      const [here, before] = [place.get(text), place.get(chat[at - 1] ?? '')];
      return here !== undefined && before !== undefined && here < before ? [`${where} out of order: ${text}`] : [];
    }),
  );
}

function byChat(promised: readonly Written[]): string[][] {
  const chats = grouped(promised, ({ sessionId, friend }) => `${sessionId} ${friend}`);
  return [...chats.values()].map((chat) => chat.map(({ text }) => text));
}

function textOf({ content }: Pick<StoredMessage, 'content'>): string {
  return content.type === 'text' ? content.text : `(${content.type})`;
}

function idsOf(rows: readonly StoredMessage[]): string {
  return rows.map(({ id, waId }) => `${id}/${waId}`).join(', ') || '–';
}

function grouped<T>(all: readonly T[], by: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = by(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

/** The first few of each kind, and how many there are. */
function shortened(problems: readonly string[]): string[] {
  const kinds = grouped(problems, (problem) => problem.replace(/\d+/g, '').replace(/: .*$/, ''));
  return [...kinds.values()].flatMap((kind) =>
    kind.length > MOST_NAMED ? [...kind.slice(0, MOST_NAMED), `… ${kind.length} of this kind`] : kind,
  );
}

async function screenSince({ network }: Fleet, phone: string, { screens }: Position): Promise<ShownMessage[]> {
  const after = screens.get(phone) ?? '0';
  const address = `${network.controlUrl}/sandbox/phones/${phone}/messages?limit=100000&after=${after}`;
  const { data } = (await (await fetch(address)).json()) as { data: ShownMessage[] };
  screens.set(phone, data.at(-1)?.cursor ?? after);
  return data;
}

async function messagesSince(client: Client, id: string, { messages }: Position): Promise<StoredMessage[]> {
  const all: StoredMessage[] = [];
  for (;;) {
    const after = messages.get(id);
    const query = { limit: 1_000, ...(after !== undefined && { after }) };
    const { data } = await client.call('listMessages', { params: { id }, query });
    const last = data.at(-1);
    if (!last) return all;
    messages.set(id, last.id);
    all.push(...data);
  }
}

async function eventsSince(client: Client, position: Position): Promise<GatewayEvent[]> {
  const all: GatewayEvent[] = [];
  for (;;) {
    const { data } = await client.call('listEvents', { query: { after: position.seq, limit: 1_000 } });
    const last = data.at(-1);
    if (!last) return all;
    position.seq = last.seq;
    all.push(...data);
  }
}

async function deliveriesSince(client: Client, { id }: FleetWebhook, after: number): Promise<Delivery[]> {
  const all: Delivery[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = { limit: 1_000, ...(cursor !== undefined && { cursor }) };
    const page = await client.call('listDeliveries', { params: { id }, query });
    all.push(...page.data.filter(({ seq }) => seq > after));
    if (page.nextCursor === null || (page.data.at(-1)?.seq ?? 0) <= after) return all;
    cursor = page.nextCursor;
  }
}
