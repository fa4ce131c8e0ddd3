/** Every migration, imported by name: no folder is read at run time. Never edit one that was released; add the next number. */
import type { Migration } from 'kysely/migration';
import { firstTables } from './001-first-tables.ts';
import { accounts } from './005-accounts.ts';
import { endings } from './002-endings.ts';
import { sessionRevision } from './003-session-revision.ts';
import { media } from './004-media.ts';
import { writer } from './004-writer.ts';
import { amendments } from './005-amendments.ts';
import { sendGate } from './006-send-gate.ts';
import { webhooks } from './007-webhooks.ts';
import { sessionSecrets } from './008-session-secrets.ts';
import { chatsAndSearch } from './009-chats-and-search.ts';
import { tenantDays } from './010-tenant-days.ts';
import { eventHorizons } from './012-event-horizons.ts';
import { searchTerms } from './013-search-terms.ts';
import { seldomEvents } from './014-seldom-events.ts';
import { figures } from './011-figures.ts';

export const migrations: Record<string, Migration> = {
  '001-first-tables': firstTables,
  '002-endings': endings,
  '003-session-revision': sessionRevision,
  '004-media': media,
  '004-writer': writer,
  '005-amendments': amendments,
  '005-accounts': accounts,
  '006-send-gate': sendGate,
  '007-webhooks': webhooks,
  '008-session-secrets': sessionSecrets,
  '009-chats-and-search': chatsAndSearch,
  '010-tenant-days': tenantDays,
  '011-figures': figures,
  '012-event-horizons': eventHorizons,
  '013-search-terms': searchTerms,
  '014-seldom-events': seldomEvents,
};
