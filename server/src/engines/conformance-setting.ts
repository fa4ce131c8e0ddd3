/** What every part of the conformance suite stands on: a network of its own, phones in it, and sessions that are linked to them. */
import { Sandbox } from '@zapfleet/sandbox';
import { afterAll, beforeAll } from 'vitest';
import type { Engine, Network, OutgoingMessage } from '../ports/engine.ts';
import { Phone } from './conformance-phone.ts';
import { ConformanceSession } from './conformance-session.ts';

export type Lack =
  | 'looks'
  | 'riddles'
  | 'reupload'
  | 'breaks'
  | 'gif'
  | 'caption_edit'
  | 'cards'
  | 'votes'
  | 'group_receipts'
  | 'group_news'
  | 'group_timer'
  | 'group_numbers'
  | 'undescribe'
  | 'audiences'
  | 'restrictions';

/** An engine under test, and how it gets to a sandbox. */
export type Subject = Pick<Engine, 'capabilities'> & {
  /** For the names of the tests. */
  title: string;
  /** Its devices go on at a server of their own while a session is closed: what comes then may be told as if it came now. */
  staysOnline?: true;
  /**
   * What of a capability it does not have. `looks`: its server looks at files itself, how wide, long or loud they are is not handed over.
   * `riddles`: of what cannot be decrypted nothing is told before it can.
   * `cards`: its server writes contact cards itself. `votes`: what others vote comes encrypted.
   * Of groups: `group_receipts` of each member, `group_news` of a new name or setting, `group_timer`, the `group_numbers` of who changed one, and `undescribe` a group again.
   * `reupload`: no phone is asked for a file again. `breaks`: that a download broke off shows by the time it takes only.
   */
  lacks?: ReadonlySet<Lack>;
  /** It sees for itself what is in a file that it sends: what it is told of one counts for nothing. */
  looksIntoFiles?: true;
  /** What closed sessions have left outside of this process and its memory: processes, folders. Absent where they leave nothing there. */
  leftovers?(): Promise<string[]>;
  /** Called once for each sandbox, before any session; `close` when all of them are closed. */
  reach(sandbox: Sandbox): Promise<{ engine: Engine; network: Network; close?: () => Promise<void> }>;
};

/** One that speaks to the sandbox as it speaks to WhatsApp. */
export function overTheWire(engine: Engine): Subject {
  const { name: title, capabilities } = engine;
  return { title, capabilities, reach: (sandbox) => Promise.resolve({ engine, network: networkOf(sandbox) }) };
}

/** Everything only while a test runs. */
export type Setting = {
  engine(): Engine;
  network(): Network;
  sandbox(): Sandbox;
  phone(name: string): Promise<Phone>;
  /** Not opened yet. */
  session(): ConformanceSession;
  /** Linked, online, and through with what a phone shares with a new device. */
  linked(owner: Phone): Promise<ConformanceSession>;
};

/** To be called inside of `describe`. */
export function setting(subject: Subject): Setting {
  let sandbox: Sandbox;
  let reached: Awaited<ReturnType<Subject['reach']>>;
  beforeAll(async () => {
    sandbox = await Sandbox.create();
    reached = await subject.reach(sandbox);
  });
  afterAll(async () => {
    await reached.close?.();
    await sandbox.close();
  });
  const session = () => new ConformanceSession(reached.engine, reached.network);
  return {
    engine: () => reached.engine,
    network: () => reached.network,
    sandbox: () => sandbox,
    phone: (name) => Phone.create(sandbox, name),
    session,
    async linked(owner) {
      const linked = session();
      linked.open();
      await owner.scan((await linked.event('qr')).qr);
      await linked.online();
      if (subject.capabilities.has('history')) await linked.event('history', ({ journalKey }) => journalKey !== null);
      return linked;
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
