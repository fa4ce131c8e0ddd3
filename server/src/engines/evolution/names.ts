/**
 * Names of instances: our mark, the session and the number of its pairing, so that no two ever collide, and ours are told from those of
 * others on the same server. The mark is that of this installation: two of them may share a server.
 */
import { createHmac } from 'node:crypto';

export type InstanceOwner = { sessionId: string; generation: number };

export type Marks = {
  nameOf(owner: InstanceOwner): string;
  /** null: not made by this installation. */
  ownerOf(name: string): InstanceOwner | null;
  /** What the server has to know to tell us of this instance; nobody else can name it. */
  secretOf(name: string): string;
};

/** `key`: a secret of this installation that does not change. */
export function marksOf(key: string): Marks {
  const hash = (text: string) => createHmac('sha256', key).update(text);
  const prefix = `zapfleet-${hash('mark').digest('hex').slice(0, 8)}-`;
  return {
    nameOf: ({ sessionId, generation }) => `${prefix}${sessionId}-${generation}`,
    ownerOf(name) {
      if (!name.startsWith(prefix)) return null;
      const [, sessionId, generation] = /^(ses_[0-9A-Z]{26})-(\d+)$/.exec(name.slice(prefix.length)) ?? [];
      return sessionId === undefined ? null : { sessionId, generation: Number(generation) };
    },
    secretOf: (name) => hash(`hook ${name}`).digest('base64url'),
  };
}
