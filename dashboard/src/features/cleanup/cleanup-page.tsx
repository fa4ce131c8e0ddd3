/** Deletes all sessions of a scope: says first what that would be, wants it typed, shows how far it is and what came of it. */
import { useQuery } from '@tanstack/react-query';
import type { Answer, CleanupResult } from '@zapfleet/sdk';
import { CircleCheck, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDoor, usePerson } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { sessionStates } from '../../app/session-states.ts';
import { useTenants } from '../../app/tenant-choice.tsx';
import { Button } from '../../ui/button.tsx';
import { Check, Choice, Field } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { useAct } from '../../ui/use-act.ts';
import { counted, sayNumber } from '../../words/say.ts';

const states = sessionStates.filter((state) => state !== 'deleting');
type Scope = { tenantId?: string; states?: (typeof states)[number][] };
type Preview = Extract<Answer<'cleanupSessions'>, { dryRun: true }>;

const ALL = '*';
const LOOK_AGAIN_MS = 1000;

export function CleanupPage() {
  const { t } = useTranslation();
  const { tenantId: own } = usePerson();
  const { tenantId } = useDoor();
  const { data: tenants = [] } = useTenants();
  const [busy, act] = useAct();
  const [scope, setScope] = useState<Scope>({});
  const [preview, setPreview] = useState<Preview | null>(null);
  const [running, setRunning] = useState<string | null>(null);
  const [result, setResult] = useState<CleanupResult | null>(null);

  const { data: progress } = useQuery({
    queryKey: ['cleanup', running],
    queryFn: ({ signal }) => server.getCleanup({ path: { id: running ?? '' }, signal }),
    enabled: running !== null && result === null,
    refetchInterval: ({ state: { data } }) => (data?.done ? false : LOOK_AGAIN_MS),
  });
  const told = result ?? progress?.result ?? null;
  const word = t('cleanup.word');

  const look = ({ text, isChecked }: Filled): void => {
    const chosen = states.filter((state) => isChecked(state));
    const meant = own === null && text('tenant') !== ALL ? text('tenant') : '';
    const next = { ...(meant !== '' && { tenantId: meant }), ...(chosen.length < states.length && { states: chosen }) };
    void act(async () => {
      const answer = await server.cleanupSessions({ body: { ...next, dryRun: true } });
      setScope(next);
      setResult(null);
      setRunning(null);
      if ('dryRun' in answer) setPreview(answer);
    });
  };
  const clear = (): void =>
    void act(async () => {
      const answer = await server.cleanupSessions({ body: { ...scope } });
      setPreview(null);
      if ('receipts' in answer) setResult(answer);
      else if ('id' in answer) setRunning(answer.id);
    });

  return (
    <div className="grid w-full max-w-3xl min-w-0 gap-4">
      <h1>{t('nav.cleanup')}</h1>
      <p>{t('cleanup.hint')}</p>
      <Form className="card grid gap-4" onSubmit={look}>
        {own === null && tenants.length > 0 && (
          <Choice label={t('cleanup.scope')} name="tenant" defaultValue={tenantId ?? ALL} key={tenantId ?? ALL}>
            <option value={ALL}>{t('cleanup.everything')}</option>
            {tenants.map(({ id, name }) => (
              <option key={id} value={id}>
                {t('cleanup.tenant', { name })}
              </option>
            ))}
          </Choice>
        )}
        <fieldset className="grid gap-2">
          <legend className="mb-2 text-sm font-medium">{t('cleanup.states')}</legend>
          <div className="grid gap-2 sm:grid-cols-2">
            {states.map((state) => (
              <Check key={state} name={state} defaultChecked label={t(`state.${state}`)} />
            ))}
          </div>
        </fieldset>
        <div>
          <Button type="submit" look="primary" busy={busy}>
            {t('cleanup.look')}
          </Button>
        </div>
      </Form>
      {preview && (
        <section className="card grid gap-4 border-bad" aria-labelledby="preview-title">
          <h2 id="preview-title" role="status">
            {preview.total === 0 ? t('cleanup.nothing') : t('cleanup.would', counted(preview.total))}
          </h2>
          {preview.total > 0 && (
            <>
              <ul
                className="max-h-64 overflow-auto rounded-lg border border-line p-3 text-sm"
                tabIndex={0}
                aria-label={t('nav.sessions')}
              >
                {preview.sessions.map(({ id, name }) => (
                  <li key={id}>{name}</li>
                ))}
              </ul>
              <Form className="grid gap-4" onSubmit={({ text }) => text('confirm') === word && clear()}>
                <Field
                  label={t('cleanup.type', { word })}
                  name="confirm"
                  required
                  autoComplete="off"
                  spellCheck={false}
                  pattern={word}
                />
                <div>
                  <Button type="submit" look="destroy" busy={busy}>
                    {t('cleanup.do', counted(preview.total))}
                  </Button>
                </div>
              </Form>
            </>
          )}
        </section>
      )}
      {running !== null && told === null && (
        <section className="card grid gap-2" aria-label={t('cleanup.running')}>
          <p role="status">
            {t('cleanup.progress', {
              finished: sayNumber(progress?.finished ?? 0),
              total: sayNumber(progress?.total ?? 0),
            })}
          </p>
          <progress
            className="w-full accent-accent"
            value={progress?.finished ?? 0}
            max={progress?.total ?? 1}
            aria-label={t('cleanup.running')}
          />
        </section>
      )}
      {told && (
        <section className="card grid gap-3" aria-labelledby="result-title">
          <h2 id="result-title" role="status" className="flex items-center gap-2">
            {told.ok ? (
              <CircleCheck aria-hidden className="size-5 text-good" />
            ) : (
              <TriangleAlert aria-hidden className="size-5 text-bad" />
            )}
            {t('cleanup.deleted', counted(told.deleted))}
          </h2>
          {told.remoteInstancesDeleted + told.orphansRemoved > 0 && (
            <p className="note">
              {t('cleanup.also', {
                remote: sayNumber(told.remoteInstancesDeleted),
                orphans: sayNumber(told.orphansRemoved),
              })}
            </p>
          )}
          {told.errors.length > 0 && (
            <ul className="grid gap-1 text-sm text-bad">
              {told.errors.map(({ sessionId, name, error }) => (
                <li key={sessionId}>
                  {name}: {error}
                </li>
              ))}
            </ul>
          )}
          <p className="note">
            {(['confirmed', 'unconfirmed', 'not_linked'] as const)
              .map(
                (kind) =>
                  `${t(`cleanup.${kind}`)}: ${sayNumber(told.receipts.filter(({ unlinked }) => unlinked === kind).length)}`,
              )
              .join(' · ')}
          </p>
        </section>
      )}
    </div>
  );
}
