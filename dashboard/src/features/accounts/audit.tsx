import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useTenantQuery } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { sessionStates } from '../../app/session-states.ts';
import { useSessions } from '../../app/sessions.ts';
import { Button } from '../../ui/button.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { usePhoneNumbers } from '../../words/phone-number.ts';
import { counted, sayTime } from '../../words/say.ts';

/** Of the columns, where there is room for them. */
const headings = ['at', 'actor', 'action', 'object', 'outcome', 'address'] as const;

export function Audit() {
  const { t } = useTranslation();
  const tenant = useTenantQuery();
  const { data: sessions } = useSessions();
  const names = useMemo(() => new Map(sessions?.map(({ id, name }) => [id, name])), [sessions]);
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['audit', tenant],
    queryFn: ({ pageParam, signal }) =>
      server.listAudit({ query: { ...tenant, limit: 100, ...(pageParam !== null && { cursor: pageParam }) }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    staleTime: 0,
  });
  const entries = data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section className="card grid gap-3">
      {error && <Failed error={error} />}
      {!data && !error && <Loading />}
      {data && entries.length === 0 && <p className="note">{t('accounts.noAudit')}</p>}
      <ul className="grid divide-y divide-line text-sm lg:grid-cols-[auto_auto_auto_minmax(0,1fr)_auto_auto]">
        {entries.length > 0 && (
          <li
            aria-hidden
            className="note hidden pb-2 font-medium lg:col-span-full lg:grid lg:grid-cols-subgrid lg:gap-x-5"
          >
            {headings.map((one) => (
              <span key={one}>{t(`accounts.auditOf.${one}`)}</span>
            ))}
          </li>
        )}
        {entries.map(({ id, at, actor, action, object, address, outcome }) => (
          <li
            key={id}
            className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 gap-y-0.5 py-2.5 last:pb-0 max-lg:nth-2:pt-0 lg:col-span-full lg:grid-cols-subgrid lg:gap-x-5 lg:py-2"
          >
            <time className="note tabular-nums max-lg:order-4" dateTime={at}>
              {sayTime(at, 'second')}
            </time>
            <span className="font-medium max-lg:order-1">{actor.name ?? t(`accounts.actor.${actor.kind}`)}</span>
            <code className="max-lg:order-2 max-lg:col-span-2">{action}</code>
            <span className="min-w-0 max-lg:order-3 max-lg:col-span-2 max-lg:text-faint max-lg:empty:hidden">
              {object !== null && <Concerned object={object} names={names} />}
            </span>
            <span
              className={`tabular-nums max-lg:order-1 max-lg:text-right ${outcome < 400 ? 'text-good' : 'text-bad'}`}
            >
              <span className="lg:hidden">{t(outcome < 400 ? 'accounts.done' : 'accounts.refused')} · </span>
              {outcome}
            </span>
            <span className="note max-lg:order-5 max-lg:text-right">{address}</span>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <div>
          <Button className="max-sm:w-full" onClick={() => void fetchNextPage()}>
            {t('deliveries.more')}
          </Button>
        </div>
      )}
    </section>
  );
}

/** What an entry is about: a session by its name too, where it is still there, and a phone number as such. */
function Concerned({ object, names }: { object: string; names: ReadonlyMap<string, string> }) {
  const { t } = useTranslation();
  const phone = usePhoneNumbers();
  if (/^\d{8,15}$/.test(object)) return phone(object);
  const cleared = /^(all tenants|ten_\w+)((?:, [a-z_]+)*), (\d+) sessions?$/.exec(object);
  if (cleared) {
    const [, scope = '', states = '', count] = cleared;
    const named = sessionStates.filter((state) => states.split(', ').includes(state));
    return (
      <>
        {scope.startsWith('ten_') ? <code>{scope}</code> : t('cleanup.everything')}
        {[...named.map((state) => t(`state.${state}`)), t('accounts.cleared', counted(Number(count)))].map(
          (one) => ` · ${one}`,
        )}
      </>
    );
  }
  if (!/^[a-z]+_\w+$/.test(object)) return <code>{object}</code>;
  const name = names.get(object);
  return (
    <>
      {name} <code className={name === undefined ? '' : 'note'}>{object}</code>
    </>
  );
}
