/** The states a session was in, newest first. */
import { useTranslation } from 'react-i18next';
import { StateWord } from '../../ui/state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { sayCause, sayTime } from '../../words/say.ts';
import { useStateChanges } from './state-changes.ts';

const SHOWN = 20;

export function Timeline({ sessionId }: { sessionId: string }) {
  const { t } = useTranslation();
  const changes = useStateChanges(sessionId);
  return (
    <section className="card grid gap-3" aria-labelledby="timeline-title">
      <h2 id="timeline-title">{t('session.timeline')}</h2>
      {changes === undefined && <Loading />}
      {changes?.length === 0 && <p className="note">{t('session.noTimeline')}</p>}
      <ol className="grid gap-2.5 empty:hidden">
        {changes
          ?.slice(-SHOWN)
          .reverse()
          .map(({ id, occurredAt, data }) => (
            <li
              key={id}
              className="grid items-center justify-items-start gap-x-3 gap-y-1 text-sm sm:grid-cols-[13rem_minmax(0,1fr)]"
            >
              <time dateTime={occurredAt} className="note tabular-nums">
                {sayTime(occurredAt, 'second')}
              </time>
              <StateWord session={{ state: data.to, health: null }} />
              {data.cause && data.to !== 'connected' && (
                <span className="note sm:col-start-2">{sayCause(data.cause)}</span>
              )}
            </li>
          ))}
      </ol>
    </section>
  );
}
