/** What is known of the files of messages, and of uploads that are nobody's message yet. */
import type { MediaId, MediaState, MessageContent, MessageId, SessionId, TenantId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import { type MediaFile, type MediaRecord, mediaResource } from '../domain/media.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { MediaPatch } from '../ports/store.ts';
import type { MediaFileRows } from './media-files.ts';
import { bytesOrNull, integer, integerOrNull, json, text, textOrNull } from './row.ts';
import type { Vault } from './sealing.ts';
import { type Row, type SqlValue, type Statement, type Steps, template, templates } from './statement.ts';
import type { MediaTable, Tables } from './tables.ts';

export type MediaRows = {
  /** Changes nothing when the message is not there, has such a file already, or the shared bytes are gone. `file`: the bytes, where they are new. */
  insert(record: MediaRecord, file: MediaFile | null): Steps<boolean>;
  /** Changes nothing when it is not in one of the states `from`. */
  update(id: MediaId, from: readonly MediaState[], patch: MediaPatch, file: MediaFile | null): Steps<boolean>;
  /** What a message carried becomes `gone`. */
  forget(messageId: MessageId, reason: string): Steps<boolean>;
  /** Removes records, and bytes that no other one means. */
  release(ids: readonly MediaId[]): Steps<boolean>;
  /** Removes bytes that were not used since, whoever means them: their records become `gone`. */
  drop(files: readonly MediaId[], unusedSince: number, reason: string): Steps<boolean>;
  get(id: MediaId, tenantId: TenantId | null): Steps<MediaRecord | null>;
  ofMessage(messageId: MessageId, role: MediaRecord['role']): Steps<MediaRecord | null>;
  ofSession(sessionId: SessionId, most: number): Steps<MediaRecord[]>;
  /** What is to be fetched by `now`, the longest due first. */
  due(sessionId: SessionId, now: number, most: number): Steps<MediaRecord[]>;
  /** When the next one after `now` is due. */
  nextDue(sessionId: SessionId, now: number): Steps<number | null>;
  /** Uploads that nobody used in their time. */
  expired(now: number, most: number): Steps<MediaId[]>;
  /** Removes at most `most` of a session's; answers how many. */
  purge(sessionId: SessionId, most: number): Steps<number>;
  /** The same messages, each with its file as it stands now. */
  withMedia<M extends MessageRecord>(messages: Steps<M[]>): Steps<M[]>;
};

type Shape = Pick<MediaRecord, 'width' | 'height' | 'seconds' | 'waveform'>;
type Updated = { id: string } & Record<string, SqlValue>;

const columns = [
  'id',
  'tenant_id',
  'session_id',
  'message_id',
  'role',
  'state',
  'mimetype',
  'filename',
  'size',
  'sha256',
  'shape',
  'file',
  'ref',
  'attempts',
  'retry_at',
  'reason',
  'created_at',
  'expires_at',
] as const;

export function mediaRows(db: Kysely<Tables>, vault: Vault, files: MediaFileRows): MediaRows {
  const sealerOf = (sessionId: string) => vault.scope(mediaScope(sessionId));
  const select = db.selectFrom('media').select(columns);
  const insert = template<MediaTable>((slots) =>
    db
      .insertInto('media')
      .values(Object.fromEntries(columns.map((column) => [column, slots[column]])) as MediaTable)
      .onConflict((conflict) => conflict.doNothing()),
  );
  const message = template<{ id: string }>((slots) =>
    db.selectFrom('messages').select('id').where('id', '=', slots.id),
  );
  const update = templates<Updated>((shape, slots) => {
    const [set = '', from = ''] = shape.split('|');
    return db
      .updateTable('media')
      .set(Object.fromEntries(set.split(' ').map((column) => [column, slots[column]])))
      .where('id', '=', slots.id)
      .where('state', 'in', from.split(' '));
  });
  const byId = template<{ id: string }>((slots) => select.where('id', '=', slots.id));
  const ofMessage = template<{ message_id: string; role: string }>((slots) =>
    select.where('message_id', '=', slots.message_id).where('role', '=', slots.role),
  );
  const ofSession = template<{ session_id: string; most: number }>((slots) =>
    select.where('session_id', '=', slots.session_id).limit(slots.most),
  );
  const due = template<{ session_id: string; now: number; most: number }>((slots) =>
    select
      .where('session_id', '=', slots.session_id)
      .where('retry_at', '<=', slots.now)
      .orderBy('retry_at')
      .limit(slots.most),
  );
  const next = template<{ session_id: string; now: number }>((slots) =>
    db
      .selectFrom('media')
      .select('retry_at')
      .where('session_id', '=', slots.session_id)
      .where('retry_at', '>', slots.now)
      .orderBy('retry_at')
      .limit(1),
  );
  const expired = template<{ now: number; most: number }>((slots) =>
    db.selectFrom('media').select('id').where('expires_at', '<=', slots.now).limit(slots.most),
  );
  const remove = template<{ id: string }>((slots) => db.deleteFrom('media').where('id', '=', slots.id));
  const sharer = template<{ file: string }>((slots) =>
    db.selectFrom('media').select('id').where('file', '=', slots.file).limit(1),
  );
  const lose = template<{ file: string; reason: string }>((slots) =>
    db
      .updateTable('media')
      .set({ state: 'gone', file: null, ref: null, retry_at: null, reason: slots.reason })
      .where('file', '=', slots.file),
  );

  function read(row: Row): MediaRecord {
    const record = readMedia(row);
    const { id, sessionId, ref } = record;
    return ref && sessionId !== null ? { ...record, ref: sealerOf(sessionId).open(id, ref) } : record;
  }

  function sealed({ id, sessionId }: MediaRecord, ref: Uint8Array | null): Uint8Array | null {
    return ref && sessionId !== null ? sealerOf(sessionId).seal(id, ref) : null;
  }

  function* one(statement: Statement): Steps<MediaRecord | null> {
    const row = (yield statement).rows[0];
    return row ? read(row) : null;
  }

  function* all(statement: Statement): Steps<MediaRecord[]> {
    return (yield statement).rows.map(read);
  }

  function* dropUnused(file: MediaId): Steps<void> {
    if ((yield sharer({ file })).rows.length === 0) yield* files.drop(file);
  }

  function* release(records: readonly MediaRecord[]): Steps<number> {
    for (const { id } of records) yield remove({ id });
    for (const { file } of records) if (file !== null) yield* dropUnused(file);
    return records.length;
  }

  return {
    *insert(record, file) {
      if (record.messageId !== null && (yield message({ id: record.messageId })).rows.length === 0) return false;
      if (file) yield* files.insert(file);
      else if (record.file !== null && !(yield* files.use(record.file, record.createdAt))) return false;
      const changed = (yield insert(rowOf({ ...record, ref: sealed(record, record.ref) }))).changed > 0;
      if (!changed && file) yield* dropUnused(file.id);
      return changed;
    },
    *update(id, from, patch, file) {
      const before = yield* one(byId({ id }));
      if (!before || !from.includes(before.state)) return false;
      if (file) yield* files.insert(file);
      else if (patch.file && !(yield* files.use(patch.file, patch.usedAt ?? before.createdAt))) return false;
      const set = changesOf(before, { ...patch, ...(patch.ref !== undefined && { ref: sealed(before, patch.ref) }) });
      const names = Object.keys(set);
      if (names.length === 0) return false;
      const changed = (yield update(`${names.join(' ')}|${from.join(' ')}`, { ...set, id })).changed > 0;
      if (!changed && file) yield* dropUnused(file.id);
      if (changed && before.file !== null && patch.file !== undefined && patch.file !== before.file) {
        yield* dropUnused(before.file);
      }
      return changed;
    },
    *forget(messageId, reason) {
      let changed = false;
      for (const role of ['file', 'preview'] as const) {
        const record = yield* one(ofMessage({ message_id: messageId, role }));
        if (!record || record.state === 'gone') continue;
        const patch = { state: 'gone', file: null, ref: null, retry_at: null, reason };
        yield update(`${Object.keys(patch).join(' ')}|${record.state}`, { ...patch, id: record.id });
        if (record.file !== null) yield* dropUnused(record.file);
        changed = true;
      }
      return changed;
    },
    *release(ids) {
      const found: MediaRecord[] = [];
      for (const id of ids) {
        const record = yield* one(byId({ id }));
        if (record) found.push(record);
      }
      return (yield* release(found)) > 0;
    },
    *drop(ids, unusedSince, reason) {
      let changed = false;
      for (const id of ids) {
        const file = yield* files.get(id);
        if (!file || file.usedAt > unusedSince) continue;
        yield lose({ file: id, reason });
        yield* files.drop(id);
        changed = true;
      }
      return changed;
    },
    *get(id, tenantId) {
      const record = yield* one(byId({ id }));
      return record && (tenantId === null || record.tenantId === tenantId) ? record : null;
    },
    ofMessage: (messageId, role) => one(ofMessage({ message_id: messageId, role })),
    ofSession: (sessionId, most) => all(ofSession({ session_id: sessionId, most })),
    due: (sessionId, now, most) => all(due({ session_id: sessionId, now, most })),
    *nextDue(sessionId, now) {
      const row = (yield next({ session_id: sessionId, now })).rows[0];
      return row ? integer(row, 'retry_at') : null;
    },
    *expired(now, most) {
      return (yield expired({ now, most })).rows.map((row) => text(row, 'id') as MediaId);
    },
    *purge(sessionId, most) {
      vault.forget(mediaScope(sessionId));
      return yield* release(yield* all(ofSession({ session_id: sessionId, most })));
    },
    *withMedia(messages) {
      const found = [];
      for (const record of yield* messages) {
        if (!('media' in record.content)) {
          found.push(record);
          continue;
        }
        const row = (yield byId({ id: record.content.media.id })).rows[0];
        const media = row && mediaResource(readMedia(row));
        found.push(media ? { ...record, content: { ...record.content, media } as MessageContent } : record);
      }
      return found;
    },
  };
}

export function mediaScope(sessionId: string): string {
  return `media ${sessionId}`;
}

/** The columns that a patch sets. */
function changesOf(before: MediaRecord, patch: MediaPatch): Record<string, SqlValue> {
  const { width, height, seconds, waveform } = patch;
  const shapeChanged = [width, height, seconds, waveform].some((value) => value !== undefined);
  const all = rowOf({ ...before, ...patch });
  const set: Record<string, SqlValue> = {};
  for (const [field, column] of [
    ['state', 'state'],
    ['mimetype', 'mimetype'],
    ['filename', 'filename'],
    ['size', 'size'],
    ['sha256', 'sha256'],
    ['file', 'file'],
    ['ref', 'ref'],
    ['attempts', 'attempts'],
    ['retryAt', 'retry_at'],
    ['reason', 'reason'],
  ] as const) {
    if (patch[field] !== undefined) set[column] = all[column];
  }
  return shapeChanged ? { ...set, shape: all.shape } : set;
}

function rowOf(record: MediaRecord): MediaTable {
  const { width, height, seconds, waveform } = record;
  return {
    id: record.id,
    tenant_id: record.tenantId,
    session_id: record.sessionId,
    message_id: record.messageId,
    role: record.role,
    state: record.state,
    mimetype: record.mimetype,
    filename: record.filename,
    size: record.size,
    sha256: record.sha256,
    shape: JSON.stringify({ width, height, seconds, waveform } satisfies Shape),
    file: record.file,
    ref: record.ref,
    attempts: record.attempts,
    retry_at: record.retryAt,
    reason: record.reason,
    created_at: record.createdAt,
    expires_at: record.expiresAt,
  };
}

/** With `ref` as it is stored. */
function readMedia(row: Row): MediaRecord {
  return {
    ...(json(row, 'shape') as Shape),
    id: text(row, 'id') as MediaId,
    tenantId: text(row, 'tenant_id') as TenantId,
    sessionId: textOrNull(row, 'session_id') as SessionId | null,
    messageId: textOrNull(row, 'message_id') as MessageId | null,
    role: text(row, 'role') as MediaRecord['role'],
    state: text(row, 'state') as MediaState,
    mimetype: text(row, 'mimetype'),
    filename: textOrNull(row, 'filename'),
    size: integerOrNull(row, 'size'),
    sha256: textOrNull(row, 'sha256'),
    file: textOrNull(row, 'file') as MediaId | null,
    ref: bytesOrNull(row, 'ref'),
    attempts: integer(row, 'attempts'),
    retryAt: integerOrNull(row, 'retry_at'),
    reason: textOrNull(row, 'reason'),
    createdAt: integer(row, 'created_at'),
    expiresAt: integerOrNull(row, 'expires_at'),
  };
}
