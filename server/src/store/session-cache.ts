/** Records of sessions that were read already. Whether one is still true, a glance at its row tells: its revision and the times of its traffic. */
import type { SessionId } from '@zapfleet/contract';
import { LRUCache } from 'lru-cache';
import type { SessionRecord } from '../domain/session.ts';
import { integer, integerOrNull, text } from './row.ts';
import type { Row } from './statement.ts';

/** About 3 kB each. */
const MOST = 2000;

export type SessionCache = {
  /** The record of this row, if it is known as it stands now. What did not change is the same object as the last time. */
  find(glance: Row): SessionRecord | null;
  /** Answers the record, which nobody may change from now on. */
  keep(row: Row, record: SessionRecord): SessionRecord;
};

export function sessionCache(): SessionCache {
  const known = new LRUCache<SessionId, { revision: number; record: SessionRecord }>({ max: MOST });
  return {
    find(glance) {
      const id = text(glance, 'id') as SessionId;
      const found = known.get(id);
      if (found?.revision !== integer(glance, 'revision')) return null;
      const lastInboundAt = integerOrNull(glance, 'last_inbound_at');
      const lastOutboundAt = integerOrNull(glance, 'last_outbound_at');
      const { record } = found;
      if (record.lastInboundAt !== lastInboundAt || record.lastOutboundAt !== lastOutboundAt) {
        found.record = Object.freeze({ ...record, lastInboundAt, lastOutboundAt });
      }
      return found.record;
    },
    keep(row, record) {
      known.set(record.id, { revision: integer(row, 'revision'), record: Object.freeze(record) });
      return record;
    },
  };
}
