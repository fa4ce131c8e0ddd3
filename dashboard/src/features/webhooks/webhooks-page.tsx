/** Where events are sent to: the endpoints, and what became of each delivery. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Webhook } from '@zapfleet/sdk';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { everything } from '../../app/lists.ts';
import { useEvents } from '../../app/live.tsx';
import { useTenantQuery } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { useSessions } from '../../app/sessions.ts';
import { Button } from '../../ui/button.tsx';
import { CopyLine } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Check, Choice, Field } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { useAct } from '../../ui/use-act.ts';
import { sayTime } from '../../words/say.ts';
import { Deliveries } from './deliveries.tsx';
import { webhooksKey } from './webhooks-key.ts';

export function WebhooksPage() {
  const { t } = useTranslation();
  const tenant = useTenantQuery();
  const queries = useQueryClient();
  const [adds, setAdds] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: [...webhooksKey, tenant],
    queryFn: ({ signal }) =>
      everything((cursor) => server.listWebhooks({ query: { ...tenant, limit: 1000, ...cursor }, signal })),
  });
  useEvents(({ type }) => {
    if (type === 'webhook.disabled') void refetch();
  });
  return (
    <div className="grid min-w-0 gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1>{t('nav.webhooks')}</h1>
        <Button look="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => setAdds(true)}>
          {t('webhooks.add')}
        </Button>
      </div>
      {error && !data && <Failed error={error} onRetry={() => void refetch()} />}
      {!error && !data && <Loading />}
      {data?.length === 0 && <p className="card text-center">{t('webhooks.none')}</p>}
      <ul className="grid gap-3">
        {data?.map((webhook) => (
          <li key={webhook.id} className="card grid min-w-0 gap-3">
            <Endpoint
              webhook={webhook}
              onSecret={setSecret}
              isOpen={open === webhook.id}
              onOpen={() => setOpen(open === webhook.id ? null : webhook.id)}
            />
            {open === webhook.id && <Deliveries webhookId={webhook.id} />}
          </li>
        ))}
      </ul>
      {adds && (
        <NewWebhook
          onClose={() => setAdds(false)}
          onMade={(made) => {
            setAdds(false);
            setSecret(made);
            void queries.invalidateQueries({ queryKey: webhooksKey });
          }}
        />
      )}
      {secret !== null && (
        <Dialog title={t('webhooks.secret')} onClose={() => setSecret(null)}>
          <p className="mb-3">{t('webhooks.secretHint')}</p>
          <CopyLine text={secret} label={t('webhooks.secret')} />
        </Dialog>
      )}
    </div>
  );
}

type EndpointProps = { webhook: Webhook; onSecret(secret: string): void; isOpen: boolean; onOpen(): void };
const colours = { active: 'text-good', paused: 'text-busy', disabled: 'text-bad' } as const;

function Endpoint({ webhook, onSecret, isOpen, onOpen }: EndpointProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [busy, act] = useAct();
  const [test, setTest] = useState<string | null>(null);
  const [asks, setAsks] = useState<'rotate' | 'delete' | null>(null);
  const { data: sessions = [] } = useSessions();
  const { id, url, events, state, cause, sessionId, failingSince } = webhook;
  const path = { id };
  const change = (call: () => Promise<unknown>): void =>
    void act(async () => {
      await call();
      await queries.invalidateQueries({ queryKey: webhooksKey });
    });
  const check = (): void =>
    change(async () => {
      const { delivered, status, error, ms } = await server.testWebhook({ path });
      setTest(
        t(delivered ? 'webhooks.testGood' : 'webhooks.testBad', { status: status ?? '–', ms, error: error ?? '' }),
      );
    });
  return (
    <>
      <div className="grid min-w-0 gap-1">
        <h2 className="break-all">{url}</h2>
        <p className="note">
          <span className={`font-medium ${colours[state]}`}>{t(`webhooks.state.${state}`)}</span> · {events.join(', ')}
          {sessionId !== null && ` · ${sessions.find((one) => one.id === sessionId)?.name ?? sessionId}`}
        </p>
        {cause && <p className="text-sm text-bad">{t(`webhooks.cause.${cause.code}`)}</p>}
        {failingSince !== null && (
          <p className="text-sm text-busy">{t('webhooks.failing', { time: sayTime(failingSince) })}</p>
        )}
      </div>
      <div className="flex flex-wrap gap-2">
        <Button busy={busy} onClick={check}>
          {t('webhooks.test')}
        </Button>
        {state === 'active' ? (
          <Button busy={busy} onClick={() => change(() => server.pauseWebhook({ path }))}>
            {t('webhooks.pause')}
          </Button>
        ) : (
          <Button busy={busy} onClick={() => change(() => server.resumeWebhook({ path }))}>
            {t('webhooks.resume')}
          </Button>
        )}
        <Button aria-expanded={isOpen} onClick={onOpen}>
          {t('webhooks.deliveries')}
        </Button>
        <Button onClick={() => setAsks('rotate')}>{t('webhooks.rotate')}</Button>
        <Button look="danger" onClick={() => setAsks('delete')}>
          {t('webhooks.delete')}
        </Button>
      </div>
      <p role="status" className="text-sm empty:hidden">
        {test}
      </p>
      {asks && (
        <Dialog title={t(`webhooks.ask.${asks}.title`)} onClose={() => setAsks(null)}>
          <p className="mb-4">{t(`webhooks.ask.${asks}.hint`)}</p>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsks(null)}>{t('cancel')}</Button>
            <Button
              look={asks === 'delete' ? 'danger' : 'primary'}
              onClick={() => {
                setAsks(null);
                change(async () => {
                  if (asks === 'delete') await server.deleteWebhook({ path });
                  else onSecret((await server.rotateWebhookSecret({ path, body: {} })).secret);
                });
              }}
            >
              {t(`webhooks.${asks}`)}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function NewWebhook({ onClose, onMade }: { onClose(): void; onMade(secret: string): void }) {
  const { t } = useTranslation();
  const tenant = useTenantQuery();
  const [busy, act] = useAct();
  const { data: sessions = [] } = useSessions();
  const make = ({ text, isChecked }: Filled): void =>
    void act(async () => {
      const events = text('events')
        .split(/[\s,]+/)
        .filter(Boolean);
      const sessionId = text('sessionId');
      const body = {
        url: text('url'),
        events,
        strictOrder: isChecked('strictOrder'),
        ...(sessionId && { sessionId }),
        ...tenant,
      };
      onMade((await server.createWebhook({ body })).secret);
    });
  return (
    <Dialog title={t('webhooks.add')} onClose={onClose}>
      <Form onSubmit={make}>
        <Field
          label={t('webhooks.url')}
          name="url"
          type="url"
          required
          maxLength={2048}
          autoFocus
          autoComplete="off"
          placeholder="https://example.com/whatsapp"
        />
        <Field
          label={t('webhooks.events')}
          name="events"
          required
          defaultValue="message.*"
          hint={t('webhooks.eventsHint')}
          autoComplete="off"
        />
        <Choice label={t('webhooks.session')} name="sessionId">
          <option value="">{t('webhooks.allSessions')}</option>
          {sessions.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Choice>
        <Check name="strictOrder" label={t('webhooks.strictOrder')} hint={t('webhooks.strictOrderHint')} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look="primary" busy={busy}>
            {t('webhooks.create')}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
