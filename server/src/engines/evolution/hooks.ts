/** Where Evolution servers tell us what happened: each instance has an address with a secret of its own. */
import { timingSafeEqual } from 'node:crypto';
import type { Marks } from './names.ts';

/** Resolves when what it tells of is stored. */
export type HookListener = (body: unknown) => Promise<void>;

export type EvolutionHooks = {
  /** The path for an instance, to be put behind an address of this server. */
  pathFor(name: string): string;
  /** From now on the words about this instance go to `listener`, until the answered function is called. */
  listen(name: string, listener: HookListener): () => void;
  /** Whether the secret is that of the instance. */
  knows(name: string, secret: string): boolean;
  /**
   * What came in for an instance. `nobody`: no run listens; it is not lost, as a run asks the server for what was said while it was away.
   */
  receive(name: string, body: unknown): Promise<'taken' | 'nobody'>;
};

export function createHooks(marks: Marks): EvolutionHooks {
  const listeners = new Map<string, HookListener>();
  return {
    pathFor: (name) => `/evolution/hooks/${name}/${marks.secretOf(name)}`,
    listen(name, listener) {
      listeners.set(name, listener);
      return () => {
        if (listeners.get(name) === listener) listeners.delete(name);
      };
    },
    knows: (name, secret) => isSame(secret, marks.secretOf(name)),
    async receive(name, body) {
      const listener = listeners.get(name);
      if (!listener) return 'nobody';
      await listener(body);
      return 'taken';
    },
  };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
