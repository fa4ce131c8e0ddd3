import { useQueryClient } from '@tanstack/react-query';
import type { Webhook } from '@zapfleet/sdk';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { useSessions } from '../../app/sessions.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useAct } from '../../ui/use-act.ts';
import { sayDeliveryFailure, sayTime } from '../../words/say.ts';
import { LastError } from './last-error.tsx';
import { WebhookForm } from './webhook-form.tsx';
import { webhooksKey } from './webhooks-key.ts';

type EndpointProps = {
  webhook: Webhook;
  onSecret(secret: string): void;
  isOpen: boolean;
  onOpen(): void;
  heading: 'h2' | 'h3';
};
const colours = { active: 'text-good', paused: 'text-busy', disabled: 'text-bad' } as const;

/** One endpoint, and what can be done with it. */
export function Endpoint({ webhook, onSecret, isOpen, onOpen, heading: Heading }: EndpointProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [busy, act] = useAct();
  const [test, setTest] = useState<string | null>(null);
  const [asks, setAsks] = useState<'rotate' | 'delete' | null>(null);
  const [edits, setEdits] = useState(false);
  const { data: sessions = [] } = useSessions();
  const { id, url, events, state, cause, sessionId, failingSince, headers, strictOrder, oldSecretUntil } = webhook;
  const path = { id };
  const change = (call: () => Promise<unknown>): void =>
    void act(async () => {
      await call();
      await queries.invalidateQueries({ queryKey: webhooksKey });
    });
  const check = (): void =>
    change(async () => {
      const { delivered, ...attempt } = await server.testWebhook({ path });
      const { status, ms, error } = attempt;
      setTest(
        delivered
          ? t('webhooks.testGood', { status, ms })
          : t('webhooks.testBad', { error: sayDeliveryFailure(attempt) ?? error }),
      );
    });
  return (
    <>
      <div className="grid min-w-0 gap-1">
        <Heading className="font-semibold break-all">{url}</Heading>
        <p className="note">
          <span className={`font-medium ${state === 'active' && failingSince !== null ? 'text-busy' : colours[state]}`}>
            {t(`webhooks.state.${state}`)}
          </span>{' '}
          · {events.join(', ')}
          {sessionId !== null && ` · ${sessions.find((one) => one.id === sessionId)?.name ?? sessionId}`}
        </p>
        {(Object.keys(headers).length > 0 || strictOrder || oldSecretUntil !== null) && (
          <p className="note">
            {[
              Object.keys(headers).length > 0 && t('webhooks.with', { names: Object.keys(headers).join(', ') }),
              strictOrder && t('webhooks.strictOrder'),
              oldSecretUntil !== null && t('webhooks.oldSecret', { time: sayTime(oldSecretUntil) }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </p>
        )}
        {cause && <p className="text-sm text-bad">{t(`webhooks.cause.${cause.code}`)}</p>}
        {failingSince !== null && (
          <p className="text-sm text-busy">
            {t('webhooks.failing', { time: sayTime(failingSince) })} <LastError webhookId={id} />
          </p>
        )}
      </div>
      <div className="grid grid-cols-2 gap-2 sm:flex sm:flex-wrap">
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
        <Button onClick={() => setEdits(true)}>{t('webhooks.edit')}</Button>
        <Button onClick={() => setAsks('rotate')}>{t('webhooks.rotate')}</Button>
        <Button look="danger" onClick={() => setAsks('delete')}>
          {t('webhooks.delete')}
        </Button>
      </div>
      <p role="status" className="text-sm empty:hidden">
        {test}
      </p>
      {edits && <WebhookForm webhook={webhook} onClose={() => setEdits(false)} onDone={() => setEdits(false)} />}
      {asks && (
        <Dialog title={t(`webhooks.ask.${asks}.title`)} onClose={() => setAsks(null)}>
          <p className="mb-4">
            {t(`webhooks.ask.${asks}.hint`)} {sessionId === null && t('webhooks.shared')}
          </p>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsks(null)}>{t('cancel')}</Button>
            <Button
              look={asks === 'delete' ? 'destroy' : 'primary'}
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
