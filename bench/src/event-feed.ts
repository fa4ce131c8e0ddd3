/** Follows the events of a server over SSE, and counts them. */
import { Tally } from './tally.ts';

type FedEvent = {
  readonly type: string;
  readonly seq: number;
  readonly data: {
    readonly status?: string;
    readonly chat?: string;
    readonly message?: { readonly content: { readonly text?: string } };
  };
};

export type EventFeed = AsyncDisposable & {
  readonly connected: Tally;
  readonly received: Tally;
  /** To persons. */
  readonly delivered: Tally;
  /** Of the last event seen. */
  readonly seq: number;
  /** Rejects when the stream breaks; never resolves. */
  readonly failed: Promise<never>;
};

export type FeedOptions = {
  readonly url: string;
  readonly apiKey: string;
  /** It begins after this. */
  readonly seq: number;
  /** Called with the text of each message that came in. */
  readonly onText: (text: string) => void;
};

/** Resolves when the stream is open. */
export async function followEvents({ url, apiKey, seq, onText }: FeedOptions): Promise<EventFeed> {
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
  const count = ({ seq, type, data }: FedEvent) => {
    last = seq;
    if (type === 'session.connected') connected.add();
    if (type === 'message.status' && data.status === 'delivered' && data.chat?.endsWith('@g.us') !== true)
      delivered.add();
    if (type === 'message.received') {
      received.add();
      onText(data.message?.content.text ?? '');
    }
  };

  const read = async (stream: ReadableStream<Uint8Array>): Promise<never> => {
    const text = new TextDecoder();
    let rest = '';
    for await (const bytes of stream) {
      const lines = (rest + text.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('data:')) count(JSON.parse(line.slice(5)) as FedEvent);
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
