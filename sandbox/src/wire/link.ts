import type { WebSocket } from 'ws';
import type { ServerIdentity } from './certificate.ts';
import { decodeStanza, encodeStanza } from './codec.ts';
import { FrameReader, frame } from './frames.ts';
import { type NoiseClient, NoiseResponder } from './noise.ts';
import type { Stanza } from './stanza.ts';

/** Who hears what comes over a link. Nothing is called after `closed`, and `closed` is called once. */
export type LinkListener = {
  /** The handshake is through; what the client said in it is still to be judged. */
  opened: (client: NoiseClient) => void;
  stanza: (stanza: Stanza) => void;
  closed: () => void;
  /** The client broke the protocol; the link is cut. */
  broken: (error: unknown) => void;
};

/** How long a client may take to close after the stanza that ends its stream. */
const FAREWELL_MS = 1000;

/** One websocket with the noise protocol on it: stanzas in, stanzas out. */
export class Link {
  readonly #socket: WebSocket;
  readonly #noise: NoiseResponder;
  readonly #reader = new FrameReader();
  readonly #listener: LinkListener;
  #stage: 'hello' | 'finish' | 'open' | 'ending' | 'closed' = 'hello';
  #hangs = false;
  #delayMs = 0;
  /** What is to be said later: the link hangs, or it is slow. In order; `due` by the clock of `performance`. */
  #unsaid: { bytes: Uint8Array; due: number }[] = [];
  #nextWord: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, identity: ServerIdentity, listener: LinkListener) {
    this.#socket = socket;
    this.#noise = new NoiseResponder(identity);
    this.#listener = listener;
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('close', () => this.#closed());
    socket.on('error', () => socket.terminate());
  }

  get isOpen(): boolean {
    return this.#stage === 'open';
  }

  send(stanza: Stanza): void {
    this.sendEncoded(encodeStanza(stanza));
  }

  sendEncoded(bytes: Uint8Array): void {
    if (this.#stage !== 'open') return;
    if (!this.#hangs && this.#delayMs === 0 && this.#unsaid.length === 0) this.#say(bytes);
    else this.#sayLater(bytes);
  }

  /** Sends a last stanza; the client is expected to hang up on it, and is helped if it does not. */
  end(stanza: Stanza): void {
    this.send(stanza);
    if (this.#stage === 'closed') return;
    if (this.#hangs) this.cut();
    this.#stage = 'ending';
    setTimeout(() => {
      if (this.#stage !== 'closed') this.#socket.close();
      setTimeout(() => this.cut(), FAREWELL_MS).unref();
    }, FAREWELL_MS + this.#delayMs).unref();
  }

  /** As if the cable were pulled. */
  cut(): void {
    if (this.#stage !== 'closed') this.#socket.terminate();
  }

  /** The socket stays open and nothing is heard or said any more, not even a farewell. */
  hang(): void {
    if (this.#stage === 'closed') return;
    this.#hangs = true;
    this.#socket.pause();
  }

  /** What was to be heard and said meanwhile is heard and said now. */
  recover(): void {
    this.#hangs = false;
    if (this.#stage === 'closed') return;
    this.#socket.resume();
    this.#sayDue();
  }

  /** Everything that is said from now on comes so much later; 0 ends it. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  #say(bytes: Uint8Array): void {
    this.#socket.send(frame(this.#noise.encrypt(bytes)));
  }

  #sayLater(bytes: Uint8Array): void {
    this.#unsaid.push({ bytes, due: performance.now() + this.#delayMs });
    if (this.#unsaid.length === 1) this.#sayDue();
  }

  #sayDue(): void {
    clearTimeout(this.#nextWord);
    if (this.#hangs || this.#stage === 'closed') return;
    for (let next = this.#unsaid[0]; next; next = this.#unsaid[0]) {
      const wait = next.due - performance.now();
      if (wait > 0) {
        this.#nextWord = setTimeout(() => this.#sayDue(), wait).unref();
        return;
      }
      this.#unsaid.shift();
      this.#say(next.bytes);
    }
  }

  #receive(data: Buffer): void {
    try {
      for (const bytes of this.#reader.read(data)) this.#take(bytes);
    } catch (error) {
      this.#listener.broken(error);
      this.cut();
    }
  }

  #take(bytes: Buffer): void {
    switch (this.#stage) {
      case 'hello':
        this.#socket.send(frame(this.#noise.hello(bytes)));
        this.#stage = 'finish';
        return;
      case 'finish': {
        const client = this.#noise.finish(bytes);
        this.#stage = 'open';
        this.#listener.opened(client);
        return;
      }
      case 'open':
        this.#listener.stanza(decodeStanza(this.#noise.decrypt(bytes)));
        return;
      case 'ending':
      case 'closed':
        return;
    }
  }

  #closed(): void {
    if (this.#stage === 'closed') return;
    this.#stage = 'closed';
    clearTimeout(this.#nextWord);
    this.#listener.closed();
  }
}
