/** Sessions as JSON, made once. The store hands out the same object until a session changes, and lists are asked for much more often than that. */
import type { Session } from '@zapfleet/contract';
import type { SessionRecord } from '../domain/session.ts';

export type SessionJson = {
  one(record: SessionRecord): string;
  /** A page of a list, in UTF-8. */
  page(records: readonly SessionRecord[], nextCursor: string | null): Buffer;
};

export function sessionJson(resource: (record: SessionRecord) => Session): SessionJson {
  const ones = new WeakMap<SessionRecord, string>();
  /** By its first session: the page that began with it the last time. */
  const pages = new WeakMap<SessionRecord, { records: readonly SessionRecord[]; end: string; bytes: Buffer }>();

  const one = (record: SessionRecord): string => {
    const known = ones.get(record);
    if (known !== undefined) return known;
    const made = JSON.stringify(resource(record));
    if (!changesByItself(record)) ones.set(record, made);
    return made;
  };

  return {
    one,
    page(records, nextCursor) {
      const [first] = records;
      const end = JSON.stringify(nextCursor);
      const known = first && pages.get(first);
      if (known?.end === end && areSame(known.records, records)) return known.bytes;
      const bytes = Buffer.from(`{"data":[${records.map(one).join(',')}],"nextCursor":${end}}`);
      if (first && !records.some(changesByItself)) pages.set(first, { records, end, bytes });
      return bytes;
    },
  };
}

/** A restriction ends with time alone. */
const changesByItself = ({ restriction }: SessionRecord): boolean => restriction !== null;

function areSame(some: readonly SessionRecord[], others: readonly SessionRecord[]): boolean {
  return some.length === others.length && some.every((record, at) => record === others[at]);
}
