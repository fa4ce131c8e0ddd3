/** Faults of the network, so that one can watch what the fleet does. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Zap } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { useSessions } from '../../app/sessions.ts';
import { Button } from '../../ui/button.tsx';
import { Choice, Field } from '../../ui/field.tsx';
import { Form } from '../../ui/form.tsx';
import { useAct } from '../../ui/use-act.ts';

const kinds = [
  'drop',
  'hang',
  'silent',
  '515',
  '503',
  'replaced',
  'banned',
  'outdated',
  'logout',
  'ack_error',
  'slow',
  'duplicate',
  'corrupt',
  'unavailable',
  'stale_prekey',
  'media_gone',
  'media_lost',
  'media_cut',
  'media_slow',
  'media_refused',
  'error',
] as const;
type Kind = (typeof kinds)[number];
const faultsKey = ['sandbox', 'faults'] as const;

export function Faults() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [busy, act] = useAct();
  const { data: sessions = [] } = useSessions();
  const { data: faults = [] } = useQuery({
    queryKey: faultsKey,
    queryFn: async ({ signal }) => (await server.listSandboxFaults({ signal })).data,
    refetchInterval: 3000,
  });
  const targets = sessions.filter(({ network }) => network === 'sandbox');
  const seen = (): Promise<void> => queries.invalidateQueries({ queryKey: faultsKey });
  return (
    <section className="card grid gap-3" aria-labelledby="faults-title">
      <h2 id="faults-title">{t('faults.title')}</h2>
      <p className="note">{t('faults.hint')}</p>
      <Form
        className="grid items-end gap-3 sm:grid-cols-2 lg:grid-cols-[2fr_2fr_1fr_1fr_auto]"
        onSubmit={({ text, number }) =>
          void act(async () => {
            const kind = text('kind') as Kind;
            const [times, ms] = [number('times'), number('ms')];
            await server.createSandboxFault({
              body: {
                kind,
                sessionId: text('sessionId'),
                ...(times !== null && { times }),
                ...(ms !== null && { ms }),
                ...(kind === 'error' && { code: 500 }),
              },
            });
            await seen();
          })
        }
      >
        <Choice label={t('faults.kind')} name="kind">
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {t(`faults.kinds.${kind}`)}
            </option>
          ))}
        </Choice>
        <Choice label={t('faults.session')} name="sessionId" required>
          {targets.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Choice>
        <Field label={t('faults.times')} name="times" type="number" min={1} step={1} placeholder={t('faults.once')} />
        <Field label={t('faults.ms')} name="ms" type="number" min={0} step={1} placeholder={t('faults.usual')} />
        <Button
          type="submit"
          look="primary"
          busy={busy}
          disabled={targets.length === 0}
          icon={<Zap aria-hidden className="size-4" />}
        >
          {t('faults.do')}
        </Button>
      </Form>
      {faults.length > 0 && (
        <>
          <ul className="grid gap-1 text-sm">
            {faults.map((fault) => (
              <li key={fault.id}>
                <code>{JSON.stringify(fault)}</code>
              </li>
            ))}
          </ul>
          <div>
            <Button
              onClick={() =>
                void act(async () => {
                  await server.clearSandboxFaults();
                  await seen();
                })
              }
            >
              {t('faults.clear')}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}
