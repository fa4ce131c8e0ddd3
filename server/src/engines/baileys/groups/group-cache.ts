/** Who is in the groups that sessions write to, so that a message does not ask each time. The least used go first, over all sessions. */
import type { GroupMetadata } from 'baileys';
import { LRUCache } from 'lru-cache';

/** Participants, of all groups together: about 200 bytes each. */
const MOST_PARTICIPANTS = 200_000;

const groups = new LRUCache<string, GroupMetadata>({
  maxSize: MOST_PARTICIPANTS,
  sizeCalculation: ({ participants }) => participants.length + 10,
});
let owners = 0;

/** One run's groups: nobody else sees or changes them. */
export class GroupCache {
  readonly #prefix = `${(owners += 1)}/`;
  readonly #known = new Set<string>();

  get(jid: string): GroupMetadata | undefined {
    return groups.get(this.#prefix + jid);
  }

  set(group: GroupMetadata): void {
    this.#known.add(group.id);
    groups.set(this.#prefix + group.id, group);
  }

  delete(jid: string): void {
    this.#known.delete(jid);
    groups.delete(this.#prefix + jid);
  }

  clear(): void {
    for (const jid of [...this.#known]) this.delete(jid);
  }
}
