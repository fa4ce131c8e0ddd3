/**
 * The rows of bytes on the disk. One that no record means any more goes, and its name is noted in the same transaction: whoever unlinks files
 * reads those names, so that a crash in between leaves nothing behind. The sum of the bytes of each tenant is kept along.
 */
import type { MediaId, TenantId } from '@zapfleet/contract';
import type { Kysely } from 'kysely';
import type { MediaFile } from '../domain/media.ts';
import { integer, text } from './row.ts';
import { type Row, type Steps, statement, template } from './statement.ts';
import type { MediaFilesTable, Tables } from './tables.ts';

export type MediaFileRows = {
  insert(file: MediaFile): Steps<void>;
  /** Notes that a message came to mean it; false when there is no such file any more. */
  use(id: MediaId, at: number): Steps<boolean>;
  /** Removes the row, and notes the name of what is to be unlinked. No record may mean it any more. */
  drop(id: MediaId): Steps<boolean>;
  get(id: MediaId): Steps<MediaFile | null>;
  bySum(tenantId: TenantId, sha256: string): Steps<MediaFile | null>;
  /** Those that were not used for longest. */
  oldest(usedBefore: number, most: number): Steps<MediaFile[]>;
  /** In the order of their ids. */
  after(id: MediaId | null, most: number): Steps<MediaFile[]>;
  /** Names of files to unlink. */
  removals(most: number): Steps<MediaId[]>;
  unlinked(id: MediaId): Steps<boolean>;
  usage(tenantId: TenantId | null): Steps<number>;
};

const columns = ['id', 'tenant_id', 'size', 'sha256', 'created_at', 'used_at'] as const;

export function mediaFileRows(db: Kysely<Tables>): MediaFileRows {
  const select = db.selectFrom('media_files').select(columns);
  const insert = template<MediaFilesTable>((slots) =>
    db.insertInto('media_files').values({
      id: slots.id,
      tenant_id: slots.tenant_id,
      size: slots.size,
      sha256: slots.sha256,
      created_at: slots.created_at,
      used_at: slots.used_at,
    }),
  );
  const byId = template<{ id: string }>((slots) => select.where('id', '=', slots.id));
  const bySum = template<{ tenant_id: string; sha256: string }>((slots) =>
    select.where('tenant_id', '=', slots.tenant_id).where('sha256', '=', slots.sha256).limit(1),
  );
  const oldest = template<{ before: number; most: number }>((slots) =>
    select.where('used_at', '<', slots.before).orderBy('used_at').orderBy('id').limit(slots.most),
  );
  const after = template<{ id: string; most: number }>((slots) =>
    select.where('id', '>', slots.id).orderBy('id').limit(slots.most),
  );
  // Time only goes forward, whatever the order of the commits.
  const use = template<{ id: string; at: number }>((slots) =>
    db
      .updateTable('media_files')
      .set((set) => ({
        used_at: set.case().when('used_at', '<', slots.at).then(slots.at).else(set.ref('used_at')).end(),
      }))
      .where('id', '=', slots.id),
  );
  const remove = template<{ id: string }>((slots) => db.deleteFrom('media_files').where('id', '=', slots.id));
  const note = template<{ id: string }>((slots) =>
    db
      .insertInto('media_removals')
      .values({ id: slots.id })
      .onConflict((conflict) => conflict.doNothing()),
  );
  const noted = template<{ most: number }>((slots) => db.selectFrom('media_removals').select('id').limit(slots.most));
  const forget = template<{ id: string }>((slots) => db.deleteFrom('media_removals').where('id', '=', slots.id));
  const count = template<{ tenant_id: string; bytes: number }>((slots) =>
    db
      .insertInto('media_usage')
      .values({ tenant_id: slots.tenant_id, bytes: slots.bytes })
      .onConflict((conflict) =>
        conflict
          .column('tenant_id')
          .doUpdateSet((set) => ({ bytes: set('media_usage.bytes', '+', set.ref('excluded.bytes')) })),
      ),
  );
  const usageOf = template<{ tenant_id: string }>((slots) =>
    db.selectFrom('media_usage').select('bytes').where('tenant_id', '=', slots.tenant_id),
  );
  const usageOfAll = statement(db.selectFrom('media_usage').select('bytes'));
  return {
    *insert(file) {
      yield insert({
        id: file.id,
        tenant_id: file.tenantId,
        size: file.size,
        sha256: file.sha256,
        created_at: file.createdAt,
        used_at: file.usedAt,
      });
      yield count({ tenant_id: file.tenantId, bytes: file.size });
    },
    *use(id, at) {
      return (yield use({ id, at })).changed > 0;
    },
    *drop(id) {
      const row = (yield byId({ id })).rows[0];
      if (!row || (yield remove({ id })).changed === 0) return false;
      const file = readFile(row);
      yield note({ id });
      yield count({ tenant_id: file.tenantId, bytes: -file.size });
      return true;
    },
    *get(id) {
      const row = (yield byId({ id })).rows[0];
      return row ? readFile(row) : null;
    },
    *bySum(tenantId, sha256) {
      const row = (yield bySum({ tenant_id: tenantId, sha256 })).rows[0];
      return row ? readFile(row) : null;
    },
    *oldest(usedBefore, most) {
      return (yield oldest({ before: usedBefore, most })).rows.map(readFile);
    },
    *after(id, most) {
      return (yield after({ id: id ?? '', most })).rows.map(readFile);
    },
    *removals(most) {
      return (yield noted({ most })).rows.map((row) => text(row, 'id') as MediaId);
    },
    *unlinked(id) {
      return (yield forget({ id })).changed > 0;
    },
    *usage(tenantId) {
      const { rows } = tenantId === null ? yield usageOfAll : yield usageOf({ tenant_id: tenantId });
      return rows.reduce((sum, row) => sum + integer(row, 'bytes'), 0);
    },
  };
}

function readFile(row: Row): MediaFile {
  return {
    id: text(row, 'id') as MediaId,
    tenantId: text(row, 'tenant_id') as TenantId,
    size: integer(row, 'size'),
    sha256: text(row, 'sha256'),
    createdAt: integer(row, 'created_at'),
    usedAt: integer(row, 'used_at'),
  };
}
