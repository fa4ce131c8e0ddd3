/** What does not go on by itself, each with the action that helps. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Session, Webhook } from '@zapfleet/sdk';
import { CircleCheck, Play } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { usePerson } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { sessionKey, sessionsKey } from '../../app/session-news.ts';
import { startWord } from '../../app/start-word.ts';
import { Button } from '../../ui/button.tsx';
import { Loading } from '../../ui/loading.tsx';
import { StateWord } from '../../ui/state.tsx';
import { useAct } from '../../ui/use-act.ts';
import { sayCause, sayNumber, sayTime } from '../../words/say.ts';
import { LastError } from '../webhooks/last-error.tsx';

const MOST_SHOWN = 10;
/** No event tells that a webhook begins to fail. */
const LOOK_AGAIN_MS = 15_000;

const needsPerson = ({ state, health }: Session): boolean =>
  state === 'failed' ||
  state === 'logged_out' ||
  state === 'linking' ||
  (state === 'connected' && health?.status === 'degraded');

type Props = {
  /** undefined until they are known. */
  sessions: readonly Session[] | undefined;
  tenant: { tenantId?: string };
};

export function Needs({ sessions, tenant }: Props) {
  const { t } = useTranslation();
  const { may } = usePerson();
  const { data: webhooks = [] } = useQuery({
    queryKey: ['webhooks', 'of-overview', tenant],
    queryFn: async ({ signal }) => (await server.listWebhooks({ query: { ...tenant, limit: 1000 }, signal })).data,
    enabled: may('admin'),
    refetchInterval: LOOK_AGAIN_MS,
  });
  const waiting = (sessions ?? []).filter(needsPerson);
  const silent = webhooks.filter(
    ({ state, failingSince }) => state === 'disabled' || (state === 'active' && failingSince !== null),
  );
  return (
    <section className="card grid gap-3" aria-labelledby="needs-title">
      <h2 id="needs-title">{t('overview.needs')}</h2>
      {!sessions && <Loading />}
      {sessions?.length === 0 && (
        <p>
          {t('sessions.none')}
          {may('admin') && (
            <>
              {' · '}
              <Link to="/app/sessions/new" className="link">
                {t('sessions.add')}
              </Link>
            </>
          )}
        </p>
      )}
      {sessions && sessions.length > 0 && waiting.length + silent.length === 0 && (
        <p className="flex items-center gap-2 text-good">
          <CircleCheck aria-hidden className="size-5" /> {t('overview.nothing')}
        </p>
      )}
      <ul className="divide-y divide-line empty:hidden">
        {waiting.slice(0, MOST_SHOWN).map((session) => (
          <Need key={session.id} session={session} />
        ))}
        {silent.slice(0, MOST_SHOWN).map((webhook) => (
          <SilentWebhook key={webhook.id} webhook={webhook} />
        ))}
      </ul>
      {waiting.length > MOST_SHOWN && (
        <Link to="/app/sessions" className="link text-sm">
          {t('overview.more', { number: sayNumber(waiting.length - MOST_SHOWN) })}
        </Link>
      )}
    </section>
  );
}

function SilentWebhook({ webhook: { id, url, cause, failingSince } }: { webhook: Webhook }) {
  const { t } = useTranslation();
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-2.5 first:pt-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-72">
        <p className="font-medium break-all">{url}</p>
        {cause ? (
          <p className="note">
            {t('webhooks.state.disabled')}. {t(`webhooks.cause.${cause.code}`)}
          </p>
        ) : (
          <p className="note">
            {failingSince !== null && t('webhooks.failing', { time: sayTime(failingSince) })}{' '}
            <LastError webhookId={id} />
          </p>
        )}
      </div>
      <Link to={`/app/webhooks#${id}`} className="button max-sm:grow">
        {t('overview.seeWebhook')}
      </Link>
    </li>
  );
}

function Need({ session }: { session: Session }) {
  const { t } = useTranslation();
  const { may } = usePerson();
  const queries = useQueryClient();
  const [busy, act] = useAct();
  const { id, name, state, cause } = session;
  const start = startWord(session);
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-2.5 first:pt-0 last:pb-0">
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{name}</span> <StateWord session={session} />
        </p>
        <p className="note mt-1">{cause ? sayCause(cause) : t(`hint.${state}`)}</p>
      </div>
      <div className="flex flex-wrap gap-2 max-sm:w-full max-sm:*:grow">
        {start !== null && may('admin') && (
          <Button
            busy={busy}
            icon={<Play aria-hidden className="size-4" />}
            aria-label={`${t(`action.${start}`)}: ${name}`}
            onClick={() =>
              void act(async () => {
                queries.setQueryData(sessionKey(id), await server.startSession({ path: { id } }));
                await queries.invalidateQueries({ queryKey: sessionsKey });
              })
            }
          >
            {t(`action.${start}`)}
          </Button>
        )}
        <Link to={`/app/sessions/${id}`} className="button">
          {t(state === 'linking' ? 'overview.showCode' : 'overview.see', { name })}
        </Link>
      </div>
    </li>
  );
}
