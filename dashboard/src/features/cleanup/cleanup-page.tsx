/** Deletes all sessions of a scope: says first what that would be, wants it typed, shows how far it is and what came of it. */
import { useQuery } from '@tanstack/react-query';
import type { Answer, CleanupResult } from '@zapfleet/sdk';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePerson } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { sessionStates } from '../../app/session-states.ts';
import { useShownTenant, useTenants } from '../../app/tenant-choice.tsx';
import { Button } from '../../ui/button.tsx';
import { Check, Choice, Field } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { SessionRows } from '../../ui/session-rows.tsx';
import { useAct } from '../../ui/use-act.ts';
import { counted, sayNumber } from '../../words/say.ts';
import { Result } from './result.tsx';

const states = sessionStates.filter((state) => state !== 'deleting');
type Scope = { tenantId?: string; states?: (typeof states)[number][] };
type Preview = Extract<Answer<'cleanupSessions'>, { dryRun: true }>;

const ALL = '*';
const LOOK_AGAIN_MS = 1000;

export function CleanupPage() {
  const { t } = useTranslation();
  const { tenantId: own } = usePerson();
  const shown = useShownTenant();
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
  // Only what was looked at is deleted: another choice has to be looked at anew.
  const forget = (): void => setPreview(null);
  useEffect(forget, [shown?.id]);

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
          <Choice label={t('cleanup.scope')} name="tenant" defaultValue={shown?.id} key={shown?.id} onChange={forget}>
            {tenants.map(({ id, name }) => (
              <option key={id} value={id}>
                {t('cleanup.tenant', { name })}
              </option>
            ))}
            <option value={ALL}>{t('cleanup.everything')}</option>
          </Choice>
        )}
        <fieldset className="grid gap-2">
          <legend className="mb-2 text-sm font-medium">{t('cleanup.states')}</legend>
          <div className="grid gap-2 sm:grid-cols-2">
            {states.map((state) => (
              <Check key={state} name={state} defaultChecked onChange={forget} label={t(`state.${state}`)} />
            ))}
          </div>
        </fieldset>
        <div>
          {/* A master that names no tenant would mean all of them. */}
          <Button type="submit" look="primary" busy={busy} disabled={own === null && tenants.length === 0}>
            {t('cleanup.look')}
          </Button>
        </div>
      </Form>
      {preview && <Proposal of={preview} busy={busy} onYes={clear} />}
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
      {told && <Result of={told} />}
    </div>
  );
}

/** What would be deleted, and the word that deletes it. */
function Proposal({ of: { total, sessions }, busy, onYes }: { of: Preview; busy: boolean; onYes(): void }) {
  const { t } = useTranslation();
  const { data: tenants = [] } = useTenants();
  const [typed, setTyped] = useState('');
  const word = t('cleanup.word');
  const isTyped = typed.trim().toUpperCase() === word;
  const ofMany = new Set(sessions.map(({ tenantId }) => tenantId)).size > 1;
  const rows = sessions.map((one) => ({
    ...one,
    note: ofMany ? (tenants.find(({ id }) => id === one.tenantId)?.name ?? null) : null,
  }));
  return (
    <section className="card grid gap-4 border-bad" aria-labelledby="preview-title">
      <h2 id="preview-title" role="status">
        {total === 0 ? t('cleanup.nothing') : t('cleanup.would', counted(total))}
      </h2>
      {total > 0 && (
        <>
          <SessionRows rows={rows} />
          <Form onSubmit={() => isTyped && onYes()}>
            <Field
              label={t('cleanup.type', { word })}
              name="confirm"
              required
              autoComplete="off"
              spellCheck={false}
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
            />
            <div>
              <Button type="submit" look="destroy" busy={busy} disabled={!isTyped}>
                {t('cleanup.do', counted(total))}
              </Button>
            </div>
          </Form>
        </>
      )}
    </section>
  );
}
