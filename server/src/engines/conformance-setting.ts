/** What every part of the conformance suite stands on: a network of its own, phones in it, and sessions that are linked to them. */
import { Sandbox } from '@zapfleet/sandbox';
import { afterAll, beforeAll } from 'vitest';
import type { Engine, Network, OutgoingMessage } from '../ports/engine.ts';
import { Phone } from './conformance-phone.ts';
import { ConformanceSession } from './conformance-session.ts';

export type Setting = {
  /** Only while a test runs. */
  network(): Network;
  sandbox(): Sandbox;
  phone(name: string): Promise<Phone>;
  /** Linked, online, and through with what a phone shares with a new device. */
  linked(owner: Phone): Promise<ConformanceSession>;
};

/** To be called inside of `describe`. */
export function setting(engine: Engine): Setting {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.create();
  });
  afterAll(() => sandbox.close());
  const network = () => networkOf(sandbox);
  return {
    network,
    sandbox: () => sandbox,
    phone: (name) => Phone.create(sandbox, name),
    async linked(owner) {
      const session = new ConformanceSession(engine, network());
      session.open();
      await owner.scan((await session.event('qr')).qr);
      await session.event('closed');
      session.open();
      await session.event('open');
      if (engine.capabilities.has('history')) await session.event('history', ({ journalKey }) => journalKey !== null);
      return session;
    },
  };
}

export function networkOf({ url, rootKey, mediaCa }: Sandbox): Network {
  return { url, rootKey: Buffer.from(rootKey, 'hex'), mediaCa };
}

let messages = 0;

/** Under an id of its own. */
export function to(
  address: string,
  content: OutgoingMessage['content'],
  more: Partial<OutgoingMessage> = {},
): OutgoingMessage {
  messages += 1;
  return { waId: `ZF${String(messages).padStart(18, '0')}`, to: address, content, quoted: null, ...more };
}

export function text(words: string, mentions: readonly string[] = []): OutgoingMessage['content'] {
  return { type: 'text', text: words, mentions };
}
