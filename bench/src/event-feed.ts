/** Follows the events of a server over SSE, and counts them. */
import { Tally } from './tally.ts';

export type EventFeed = AsyncDisposable & {
  readonly connected: Tally;
  readonly received: Tally;
  readonly delivered: Tally;
  /** Of the last event seen. */
  readonly seq: number;
  /** Rejects when the stream breaks; never resolves. */
  readonly failed: Promise<never>;
};

/** Resolves when the stream is open; it begins after `seq`. */
export async function followEvents(url: string, apiKey: string, seq: number): Promise<EventFeed> {
  const abort = new AbortController();
  const address = new URL('/events/stream', url);
  address.searchParams.set('after', String(seq));
  address.searchParams.set('types', 'session.connected,message.received,message.status');
  const answer = await fetch(address, { headers: { 'x-api-key': apiKey }, signal: abort.signal });
  if (!answer.ok || answer.body === null) throw new Error(`no event stream: ${answer.status} ${await answer.text()}`);

  const connected = new Tally();
  const received = new Tally();
  const delivered = new Tally();
  let last = seq;
  const count = (event: { type: string; seq: number; data: { status?: string } }) => {
    last = event.seq;
    if (event.type === 'session.connected') connected.add();
    if (event.type === 'message.received') received.add();
    if (event.type === 'message.status' && event.data.status === 'delivered') delivered.add();
  };

  const read = async (stream: ReadableStream<Uint8Array>): Promise<never> => {
    const text = new TextDecoder();
    let rest = '';
    for await (const bytes of stream) {
      const lines = (rest + text.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('data:')) count(JSON.parse(line.slice(5)) as Parameters<typeof count>[0]);
      }
    }
    throw new Error('the event stream ended');
  };
  const failed = read(answer.body).catch((error: unknown) => {
    if (abort.signal.aborted) return new Promise<never>(() => {});
    throw error;
  });
  failed.catch(() => {});

  return {
    connected,
    received,
    delivered,
    get seq() {
      return last;
    },
    failed,
    [Symbol.asyncDispose]: () => {
      abort.abort();
      return Promise.resolve();
    },
  };
}
