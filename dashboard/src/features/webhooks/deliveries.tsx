/** What became of the deliveries of one webhook: every attempt with the receiver's answer, and how to try again. */
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Delivery } from '@zapfleet/sdk';
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Countdown } from '../../ui/countdown.tsx';
import { Choice, Field } from '../../ui/field.tsx';
import { Form } from '../../ui/form.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { useNotices } from '../../ui/notices.tsx';
import { useAct } from '../../ui/use-act.ts';
import { counted, sayNumber, sayTime } from '../../words/say.ts';
import { DeliveryError } from './last-error.tsx';

const statuses = ['pending', 'delivered', 'dead'] as const;
type Status = (typeof statuses)[number];
const colours = { pending: 'text-busy', delivered: 'text-good', dead: 'text-bad' } as const;
/** Of the columns, where there is room for them. */
const widths = { status: 'sm:w-24', type: 'sm:w-60', session: 'lg:w-40' } as const;
const LOOK_AGAIN_MS = 3000;

export function Deliveries({ webhookId: id }: { webhookId: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { tell } = useNotices();
  const [busy, act] = useAct();
  const [status, setStatus] = useState<Status | ''>('');
  const [open, setOpen] = useState<string | null>(null);
  const queryKey = ['deliveries', id];
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: [...queryKey, status],
    queryFn: ({ pageParam, signal }) =>
      server.listDeliveries({
        path: { id },
        query: { limit: 50, ...(status && { status }), ...(pageParam !== null && { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: LOOK_AGAIN_MS,
  });
  const shown = data?.pages.flatMap((page) => page.data) ?? [];
  const again = (): Promise<void> => queries.invalidateQueries({ queryKey });
  return (
    <div className="grid min-w-0 gap-3 border-t border-line pt-3">
      <div className="max-w-52">
        <Choice
          label={t('deliveries.status')}
          value={status}
          onChange={({ target }) => setStatus(statuses.find((one) => one === target.value) ?? '')}
        >
          <option value="">{t('deliveries.all')}</option>
          {statuses.map((one) => (
            <option key={one} value={one}>
              {t(`deliveries.is.${one}`)}
            </option>
          ))}
        </Choice>
      </div>
      <details className="group">
        <summary className="link flex w-fit items-center gap-1 py-2.5 text-sm">
          <ChevronRight aria-hidden className="size-4 group-open:rotate-90" />
          {t('deliveries.replayRange')}…
        </summary>
        <Form
          className="mt-2 grid items-end gap-3 sm:grid-cols-2 lg:grid-cols-[1fr_1fr_1fr_auto]"
          label={t('deliveries.replayRange')}
          onSubmit={({ text }) =>
            void act(async () => {
              const body = {
                from: new Date(text('from')).toISOString(),
                to: new Date(text('to')).toISOString(),
                status: text('which') === 'dead' ? 'dead' : 'any',
              } as const;
              const { replayed } = await server.replayWebhook({ path: { id }, body });
              tell(t('deliveries.replayed', counted(replayed)));
              await again();
            })
          }
        >
          <Field label={t('deliveries.from')} name="from" type="datetime-local" required />
          <Field label={t('deliveries.until')} name="to" type="datetime-local" required />
          <Choice label={t('deliveries.which')} name="which">
            <option value="dead">{t('deliveries.onlyDead')}</option>
            <option value="any">{t('deliveries.any')}</option>
          </Choice>
          <Button type="submit" busy={busy}>
            {t('deliveries.replayRange')}
          </Button>
        </Form>
      </details>
      {error && <Failed error={error} />}
      {!data && !error && <Loading />}
      {data && shown.length === 0 && <p className="note">{t('deliveries.none')}</p>}
      {shown.length > 0 && (
        <p aria-hidden className="note hidden gap-x-3 font-medium lg:flex">
          <span className={widths.status}>{t('deliveries.status')}</span>
          <span className={widths.type}>{t('events.one')}</span>
          <span className={widths.session}>{t('session.one')}</span>
          <span>{t('events.at')}</span>
        </p>
      )}
      <ul className="divide-y divide-line">
        {shown.map((delivery) => (
          <li key={delivery.id}>
            <details
              name="delivery"
              className="group"
              onToggle={({ currentTarget }) => {
                const isOpen = currentTarget.open;
                setOpen((now) => (isOpen ? delivery.id : now === delivery.id ? null : now));
              }}
            >
              <summary className="relative flex flex-wrap items-center gap-x-3 py-2 pr-6 text-sm">
                <ChevronRight aria-hidden className="absolute top-2.5 right-0 size-4 text-faint group-open:rotate-90" />
                <span className={`font-medium ${widths.status} ${colours[delivery.status]}`}>
                  {t(`deliveries.is.${delivery.status}`)}
                </span>
                <code className={widths.type}>{delivery.type}</code>
                <span className={`${widths.session} truncate`}>{delivery.session?.name}</span>
                <time className="note tabular-nums max-sm:w-full sm:w-56" dateTime={delivery.createdAt}>
                  {sayTime(delivery.createdAt, 'second')}
                </time>
                <span className="note">
                  {t('deliveries.attempts', { number: sayNumber(delivery.attempts.length) })}
                </span>
                {delivery.status !== 'delivered' && <Trouble delivery={delivery} />}
              </summary>
              {open === delivery.id && <Request delivery={delivery} />}
              <Attempts delivery={delivery} />
              <div className="pb-3">
                <Button
                  busy={busy}
                  onClick={() =>
                    void act(async () => {
                      await server.replayDelivery({ path: { id, deliveryId: delivery.id } });
                      await again();
                    })
                  }
                >
                  {t('deliveries.replay')}
                </Button>
              </div>
            </details>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button className="sm:justify-self-start" onClick={() => void fetchNextPage()}>
          {t('deliveries.more')}
        </Button>
      )}
    </div>
  );
}

/** Why it is not there yet, and when it is tried again. */
function Trouble({ delivery: { attempts, nextAttemptAt } }: { delivery: Delivery }) {
  const { t } = useTranslation();
  const last = attempts.at(-1);
  if (last === undefined || last.error === null) return null;
  return (
    <span className="note basis-full">
      <DeliveryError attempt={last} />{' '}
      {nextAttemptAt !== null && t('deliveries.next', { time: sayTime(nextAttemptAt, 'second') })}
    </span>
  );
}

/** What is sent: as an HTTP request, with what is secret hidden. */
function Request({ delivery: { id, webhookId, attempts } }: { delivery: Delivery }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['deliveries', webhookId, 'request', id, attempts.length],
    queryFn: async ({ signal }) =>
      (await server.getDelivery({ path: { id: webhookId, deliveryId: id }, signal })).request,
    placeholderData: (before) => before,
  });
  return (
    <section className="grid min-w-0 gap-1 pb-3 text-sm" aria-label={t('deliveries.request')}>
      <h3 className="font-medium">{t('deliveries.request')}</h3>
      {error && <Failed error={error} />}
      {!data && !error && <Loading />}
      {data && (
        <>
          <pre className="max-h-96 overflow-auto rounded-lg bg-raised p-3 text-xs whitespace-pre-wrap" tabIndex={0}>
            {[
              `${data.method} ${data.url}`,
              ...Object.entries(data.headers).map(([name, value]) => `${name}: ${value}`),
              '',
              JSON.stringify(JSON.parse(data.body), null, 2),
            ].join('\n')}
          </pre>
          <p className="note">{t('deliveries.requestHint')}</p>
        </>
      )}
    </section>
  );
}

function Attempts({ delivery: { id, attempts, nextAttemptAt } }: { delivery: Delivery }) {
  const { t } = useTranslation();
  return (
    <div className="grid gap-2 pb-2 text-sm">
      <h3 className="font-medium">{t('deliveries.answers')}</h3>
      {attempts.length === 0 && <p className="note">{t('deliveries.notYet')}</p>}
      <ol className="grid gap-2">
        {attempts.map((one) => (
          <li key={one.at} className="rounded-lg bg-raised px-3 py-2">
            <p>
              {sayTime(one.at, 'second')} · {sayNumber(one.ms)} ms · {one.status ?? t('deliveries.noAnswer')}{' '}
              {one.error !== null && <DeliveryError attempt={one} />}
            </p>
            {one.body !== null && one.body !== '' && (
              <pre className="mt-1 max-h-32 overflow-auto text-xs whitespace-pre-wrap">{one.body}</pre>
            )}
          </li>
        ))}
      </ol>
      {nextAttemptAt !== null && (
        <p>
          {t('deliveries.next', { time: sayTime(nextAttemptAt) })} (<Countdown until={nextAttemptAt} />)
        </p>
      )}
      <p className="note">{id}</p>
    </div>
  );
}
