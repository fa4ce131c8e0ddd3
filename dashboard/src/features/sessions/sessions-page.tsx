import type { Session } from '@zapfleet/sdk';
import { LayoutGrid, Plus, Rows3 } from 'lucide-react';
import { useDeferredValue, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { usePerson } from '../../app/person.tsx';
import { sessionStates } from '../../app/session-states.ts';
import { useSessions } from '../../app/sessions.ts';
import { Choice } from '../../ui/field.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { finder } from '../../words/finder.ts';
import { sayNumber } from '../../words/say.ts';
import { BulkBar } from './bulk-bar.tsx';
import { SessionList } from './session-list.tsx';

const KEPT_VIEW = 'zapfleet.sessions-view';

export function SessionsPage() {
  const { t } = useTranslation();
  const { may } = usePerson();
  const { data, error, refetch } = useSessions();
  const [text, setText] = useState('');
  const [state, setState] = useState('');
  const [engine, setEngine] = useState('');
  const [view, setView] = useState<'table' | 'cards'>(() =>
    localStorage.getItem(KEPT_VIEW) === 'cards' ? 'cards' : 'table',
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const wanted = useDeferredValue(text);

  const shown = useMemo(() => {
    const fits = finder(wanted);
    return (data ?? []).filter(
      (session) =>
        (state === '' || session.state === state) &&
        (engine === '' || session.engine === engine) &&
        (wanted === '' || fits(words(session))),
    );
  }, [data, state, engine, wanted]);
  const engines = useMemo(() => [...new Set((data ?? []).map((one) => one.engine))], [data]);
  // What was chosen and is gone meanwhile is chosen no more.
  const picked = useMemo(() => (data ?? []).filter(({ id }) => chosen.has(id)), [data, chosen]);
  const hidden = useMemo(() => {
    const seen = new Set(shown);
    return new Set(picked.filter((session) => !seen.has(session)));
  }, [picked, shown]);

  const changeView = (): void => {
    const next = view === 'table' ? 'cards' : 'table';
    localStorage.setItem(KEPT_VIEW, next);
    setView(next);
  };

  return (
    <div className={`grid min-w-0 gap-4 ${picked.length > 0 ? 'max-sm:pb-28' : ''}`}>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1>{t('nav.sessions')}</h1>
        {may('admin') && (
          <Link to="/app/sessions/new" className="button button-primary">
            <Plus aria-hidden className="size-4" /> {t('sessions.add')}
          </Link>
        )}
      </div>
      {error && data === undefined && <Failed error={error} onRetry={() => void refetch()} />}
      {!error && data === undefined && <Loading />}
      {data?.length === 0 && (
        <div className="card grid justify-items-center gap-2 py-12 text-center">
          <p className="text-lg font-medium">{t('sessions.none')}</p>
          <p className="note max-w-md">{t('sessions.noneHint')}</p>
        </div>
      )}
      {data && data.length > 0 && (
        <>
          <div className="flex flex-wrap items-end gap-3">
            <div className="relative min-w-48 grow">
              <SearchField label={t('sessions.search')} value={text} onText={setText} />
            </div>
            <div className="grow sm:min-w-36 sm:grow-0">
              <Choice
                label={t('sessions.byState')}
                unseen
                value={state}
                onChange={({ target }) => setState(target.value)}
              >
                <option value="">{t('sessions.allStates')}</option>
                {sessionStates.map((one) => (
                  <option key={one} value={one}>
                    {t(`state.${one}`)} ({sayNumber(data.filter((session) => session.state === one).length)})
                  </option>
                ))}
              </Choice>
            </div>
            {engines.length > 1 && (
              <div className="grow sm:min-w-36 sm:grow-0">
                <Choice
                  label={t('sessions.byEngine')}
                  unseen
                  value={engine}
                  onChange={({ target }) => setEngine(target.value)}
                >
                  <option value="">{t('sessions.allEngines')}</option>
                  {engines.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </Choice>
              </div>
            )}
            <button
              type="button"
              className="button hidden md:inline-flex"
              onClick={changeView}
              aria-label={t(view === 'table' ? 'sessions.asCards' : 'sessions.asTable')}
              title={t(view === 'table' ? 'sessions.asCards' : 'sessions.asTable')}
            >
              {view === 'table' ? (
                <LayoutGrid aria-hidden className="size-5" />
              ) : (
                <Rows3 aria-hidden className="size-5" />
              )}
            </button>
          </div>
          <div className="flex flex-wrap items-center gap-x-5 gap-y-2 sm:min-h-10">
            <p className="note" role="status">
              {t('sessions.count', { shown: sayNumber(shown.length), all: sayNumber(data.length) })}
            </p>
            {picked.length > 0 && <BulkBar sessions={picked} hidden={hidden} onDone={() => setChosen(new Set())} />}
          </div>
          <SessionList sessions={shown} view={view} chosen={chosen} onChoose={may('admin') ? setChosen : null} />
        </>
      )}
    </div>
  );
}

function words({ name, label, account, id }: Session): string {
  return `${name} ${label ?? ''} ${account?.phoneNumber ?? ''} ${account?.pushName ?? ''} ${id}`;
}
