/** Many sessions, of which only those in sight are drawn. */
import type { Session } from '@zapfleet/sdk';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, type RefObject, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Age } from '../../ui/age.tsx';
import { Countdown } from '../../ui/countdown.tsx';
import { StateWord } from '../../ui/state.tsx';
import { usePhoneNumbers } from '../../words/phone-number.ts';
import { sayCause } from '../../words/say.ts';

type Props = {
  sessions: readonly Session[];
  view: 'table' | 'cards';
  chosen: ReadonlySet<string>;
  /** null: nothing may be chosen. */
  onChoose: ((chosen: ReadonlySet<string>) => void) | null;
};

const columns = 'md:grid-cols-[1.5rem_minmax(0,1fr)_minmax(11rem,1.2fr)_minmax(0,11rem)_8rem_6.5rem]';
/** Around a checkbox: as large as a finger, and no more room taken than the box itself. */
const target = '-m-2.5 grid size-10 shrink-0 place-items-center';
/** One line in a table, and two where it is a list. */
const twoLines = 'truncate max-md:line-clamp-2 max-md:whitespace-normal';

export function SessionList({ sessions, view, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const perRow = view === 'cards' ? Math.max(1, Math.floor(width / 300)) : 1;
  const rows = Math.ceil(sessions.length / perRow);
  const virtualizer = useWindowVirtualizer({
    count: rows,
    estimateSize: () => (view === 'cards' || width < 640 ? 132 : 60),
    overscan: 12,
    scrollMargin: box.current?.offsetTop ?? 0,
    getItemKey: (row) => sessions[row * perRow]?.id ?? row,
  });
  const picked = sessions.filter(({ id }) => chosen.has(id)).length;
  const all = picked > 0 && picked === sessions.length;
  // Rows are drawn anew only when they change, and so hold an old one of these.
  const latest = useRef({ chosen, onChoose });
  latest.current = { chosen, onChoose };
  const toggle = (id: string): void => {
    const next = new Set(latest.current.chosen);
    if (!next.delete(id)) next.add(id);
    latest.current.onChoose?.(next);
  };

  /** Those in the list are added, or where all are chosen taken away; others stay as they are. */
  const toggleAll = (): void => {
    const next = new Set(chosen);
    for (const { id } of sessions) {
      if (all) next.delete(id);
      else next.add(id);
    }
    onChoose?.(next);
  };

  return (
    <div className={view === 'table' ? 'overflow-clip rounded-xl border border-line bg-card' : ''}>
      {(onChoose || view === 'table') && (
        <div
          className={`flex items-center gap-3 px-4 py-2.5 text-sm font-medium text-faint ${view === 'table' ? `border-b border-line md:grid ${columns}` : ''} ${onChoose ? '' : 'max-md:hidden'}`}
        >
          <label className={onChoose ? target : 'invisible'}>
            <input
              type="checkbox"
              className="size-5 accent-accent"
              aria-label={t('sessions.chooseAll')}
              disabled={sessions.length === 0}
              checked={all}
              ref={(node) => {
                if (node) node.indeterminate = picked > 0 && !all;
              }}
              onChange={toggleAll}
            />
          </label>
          {view === 'table' ? (
            <>
              <span className="md:hidden">{t('sessions.chooseAll')}</span>
              <span className="hidden md:block">{t('sessions.name')}</span>
              <span className="hidden md:block">{t('sessions.state')}</span>
              <span className="hidden md:block">{t('sessions.account')}</span>
              <span className="hidden md:block">{t('sessions.engine')}</span>
              <span className="hidden md:block">{t('sessions.since')}</span>
            </>
          ) : (
            <span>{t('sessions.chooseAll')}</span>
          )}
        </div>
      )}
      <div ref={box}>
        <ul className="relative" style={{ height: virtualizer.getTotalSize() }} aria-label={t('nav.sessions')}>
          {virtualizer.getVirtualItems().map(({ index, start, key }) => (
            <li
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              className={`absolute top-0 left-0 w-full ${view === 'cards' ? 'grid gap-3 pb-3' : 'border-b border-line last:border-0'}`}
              style={{
                transform: `translateY(${start - virtualizer.options.scrollMargin}px)`,
                ...(view === 'cards' && { gridTemplateColumns: `repeat(${perRow}, minmax(0, 1fr))` }),
              }}
            >
              {sessions.slice(index * perRow, (index + 1) * perRow).map((session) => (
                <Row
                  key={session.id}
                  session={session}
                  view={view}
                  chosen={chosen.has(session.id)}
                  onToggle={onChoose && toggle}
                />
              ))}
            </li>
          ))}
        </ul>
        {sessions.length === 0 && <p className="p-6 text-center text-faint">{t('sessions.noneFits')}</p>}
      </div>
    </div>
  );
}

type RowProps = { session: Session; view: 'table' | 'cards'; chosen: boolean; onToggle: ((id: string) => void) | null };

const Row = memo(
  function Row({ session, view, chosen, onToggle }: RowProps) {
    const { t } = useTranslation();
    const phone = usePhoneNumbers();
    const { id, name, label, account, engine, network, cause, retryAt, stateSince } = session;
    // In short: the whole of it stands on the page of the session.
    const why = cause !== null && session.state !== 'connected' && session.state !== 'linking' ? cause : null;
    const box = onToggle && (
      <label className={`relative z-10 ${target}`}>
        <input
          type="checkbox"
          className="size-5 accent-accent"
          aria-label={t('sessions.choose', { name })}
          checked={chosen}
          onChange={() => onToggle(id)}
        />
      </label>
    );
    const title = (
      <Link to={`/app/sessions/${id}`} className="block truncate font-medium after:absolute after:inset-0">
        {name}
      </Link>
    );
    const isTable = view === 'table';
    // In a narrow table the word stands beside the name, and the rest below the number.
    const state = (
      <div className={`grid min-w-0 justify-items-start gap-1 ${isTable ? 'max-md:contents' : ''}`}>
        {isTable ? (
          <StateWord session={session} />
        ) : (
          <p className="note flex flex-wrap items-center gap-x-2">
            <StateWord session={session} /> <Age since={stateSince} />
          </p>
        )}
        {(why !== null || retryAt !== null) && (
          <p
            className={`note ${isTable ? 'max-md:order-last max-md:w-full max-md:pl-8 md:line-clamp-2' : 'line-clamp-2'}`}
            title={why ? sayCause(why) : undefined}
          >
            {retryAt !== null && (
              <>
                {t('sessions.retry')} <Countdown until={retryAt} />
                {why !== null && ' · '}
              </>
            )}
            {why && t(`cause.${why.code}`)}
          </p>
        )}
      </div>
    );
    const who = (
      <div className="min-w-0 text-sm">
        <p className={`truncate tabular-nums ${account ? '' : 'text-faint'}`}>
          {account ? phone(account.phoneNumber) : t('sessions.notLinked')}
        </p>
        {account?.pushName && <p className={`note ${twoLines}`}>{account.pushName}</p>}
      </div>
    );
    const kind = (
      <span className="note">
        {engine}
        {network === 'sandbox' && ` · ${t('nav.sandbox')}`}
      </span>
    );
    if (view === 'cards')
      return (
        <div className="card relative grid content-start gap-2 hover:border-accent">
          <div className="flex items-start justify-between gap-2">
            <div className="min-w-0">
              {title}
              <p className="note truncate">{label ?? kind}</p>
            </div>
            {box}
          </div>
          {state}
          {who}
        </div>
      );
    return (
      <div
        className={`relative flex flex-wrap items-center gap-x-3 gap-y-1.5 px-4 py-2.5 hover:bg-raised md:grid ${columns}`}
      >
        {box ?? <span className="hidden md:block" />}
        <div className="min-w-0 flex-1">
          {title}
          {label !== null && <p className={`note ${twoLines}`}>{label}</p>}
        </div>
        {state}
        <div className="w-full min-w-0 pl-8 md:w-auto md:pl-0">{who}</div>
        <div className="hidden md:block">{kind}</div>
        <span className="note hidden tabular-nums md:block">
          <Age since={stateSince} />
        </span>
      </div>
    );
  },
  (a, b) =>
    a.session === b.session &&
    a.view === b.view &&
    a.chosen === b.chosen &&
    (a.onToggle === null) === (b.onToggle === null),
);

function useWidth(box: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(() => window.innerWidth);
  useEffect(() => {
    const node = box.current;
    if (!node) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    observer.observe(node);
    return () => observer.disconnect();
  }, [box]);
  return width;
}
