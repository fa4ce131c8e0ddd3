import type { CleanupResult } from '@zapfleet/sdk';
import { CircleCheck, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { counted } from '../../words/say.ts';

/** What came of a cleanup: how many of which kind, and what failed. */
export function Result({ of: { ok, deleted, receipts, errors, ...others } }: { of: CleanupResult }) {
  const { t } = useTranslation();
  const unlinks = (kind: (typeof receipts)[number]['unlinked']): number =>
    receipts.filter(({ unlinked }) => unlinked === kind).length;
  const counts = [
    ['confirmed', unlinks('confirmed')],
    ['unconfirmed', unlinks('unconfirmed')],
    ['not_linked', unlinks('not_linked')],
    ['remote', others.remoteInstancesDeleted],
    ['orphans', others.orphansRemoved],
  ] as const;
  return (
    <section className="card grid gap-3" aria-labelledby="result-title">
      <h2 id="result-title" role="status" className="flex items-center gap-2">
        {ok ? (
          <CircleCheck aria-hidden className="size-5 text-good" />
        ) : (
          <TriangleAlert aria-hidden className="size-5 text-bad" />
        )}
        {t('cleanup.deleted', counted(deleted))}
      </h2>
      <ul className="note grid gap-1 empty:hidden">
        {counts.map(([kind, count]) => count > 0 && <li key={kind}>{t(`cleanup.told.${kind}`, counted(count))}</li>)}
      </ul>
      {errors.length > 0 && (
        <ul className="grid gap-1 text-sm text-bad">
          {errors.map(({ sessionId, name, error }) => (
            <li key={sessionId}>
              {name}: {error}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
