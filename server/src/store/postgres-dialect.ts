/** Kysely for PostgreSQL: compiles queries, and executes them where that is not in a hurry (migrations). */
import {
  type ColumnDefinitionNode,
  DataTypeNode,
  type Dialect,
  Kysely,
  PostgresDialect,
  PostgresQueryCompiler,
  type QueryCompiler,
  RawNode,
} from 'kysely';
import type pg from 'pg';
import type { Tables } from './tables.ts';

/**
 * Texts are compared byte by byte, as SQLite and JavaScript do, whatever the locale of the installation: ids sort by time, pages follow one
 * another without gaps.
 */
class ByteOrderCompiler extends PostgresQueryCompiler {
  protected override visitColumnDefinition(node: ColumnDefinitionNode): void {
    const isText = DataTypeNode.is(node.dataType) && node.dataType.dataType === 'text';
    super.visitColumnDefinition(isText ? { ...node, dataType: RawNode.createWithSql('text collate "C"') } : node);
  }
}

class ByteOrderDialect extends PostgresDialect {
  override createQueryCompiler(): QueryCompiler {
    return new ByteOrderCompiler();
  }
}

/** Does not own the pool: whoever opened it ends it. */
export function kyselyOnPostgres(pool: pg.Pool): Kysely<Tables> {
  const dialect: Dialect = new ByteOrderDialect({ pool });
  return new Kysely<Tables>({ dialect });
}
