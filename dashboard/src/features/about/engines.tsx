/** Which engines can carry sessions on this server, and what helps where one cannot. */
import { CircleCheck, CircleX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useEngines } from '../../app/engines.ts';
import { Failed, Loading } from '../../ui/loading.tsx';
import { Part } from './part.tsx';

export function Engines() {
  const { t } = useTranslation();
  const { data, error, refetch } = useEngines();
  return (
    <Part id="engines" title={t('about.engines')}>
      {error && <Failed error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      <ul className="divide-y divide-line">
        {data?.map(({ engine, usable, version, missing, help }) => (
          <li key={engine} className="grid gap-1 py-2.5 first:pt-0 last:pb-0">
            <p className="flex flex-wrap items-center gap-2">
              {usable ? (
                <CircleCheck aria-hidden className="size-4 shrink-0 text-good" />
              ) : (
                <CircleX aria-hidden className="size-4 shrink-0 text-bad" />
              )}
              <span className="font-medium">{engine}</span>
              {version !== null && <span className="note">{version}</span>}
              <span className={usable ? 'text-sm text-good' : 'text-sm text-bad'}>
                {t(usable ? 'about.usable' : 'about.notUsable')}
              </span>
            </p>
            <p className="note">
              {t(`about.engine.${engine}`)}
              {!usable && engine !== 'baileys' && ` ${t(`about.needs.${engine}`)}`}
            </p>
            {missing !== null && (
              // The server's own words: it knows what it looked for.
              <p className="rounded-lg bg-raised px-3 py-2 text-sm" lang="en">
                {missing} {help}
              </p>
            )}
          </li>
        ))}
      </ul>
    </Part>
  );
}
