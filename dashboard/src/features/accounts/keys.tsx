import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { everything } from '../../app/lists.ts';
import { type Role, useTenantQuery } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Form } from '../../ui/form.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { useAct } from '../../ui/use-act.ts';
import { counted, sayTime } from '../../words/say.ts';
import type { Once } from './once.ts';
import { AskFirst } from './ask-first.tsx';
import { RoleChoice, useRoles } from './role-choice.tsx';
import { Row } from './row.tsx';

const keysKey = ['keys'] as const;

export function Keys({ onOnce }: { onOnce(once: Once): void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const tenant = useTenantQuery();
  const roles = useRoles();
  const [busy, act] = useAct();
  const { data, error } = useQuery({
    queryKey: [...keysKey, tenant],
    queryFn: ({ signal }) =>
      everything((cursor) => server.listApiKeys({ query: { ...tenant, limit: 1000, ...cursor }, signal })),
  });
  const change = (call: () => Promise<unknown>): void =>
    void act(async () => {
      await call();
      await queries.invalidateQueries({ queryKey: keysKey });
    });
  return (
    <section className="grid gap-4">
      <Form
        className="card grid items-start gap-3 sm:grid-cols-2 lg:grid-cols-[2fr_1fr_2fr_11rem_auto]"
        label={t('accounts.makeKey')}
        onSubmit={({ text }) =>
          change(async () => {
            const role = text('role') as Role;
            const sessions = text('sessions')
              .split(/[\s,]+/)
              .filter(Boolean);
            const body = {
              name: text('name'),
              role,
              ...(sessions.length > 0 && { sessions }),
              ...(text('expires') && { expiresAt: endOf(text('expires')).toISOString() }),
              ...(role !== 'master' && tenant),
            };
            onOnce({ kind: 'key', text: (await server.createApiKey({ body })).key });
          })
        }
      >
        <Field label={t('accounts.keyName')} name="name" required maxLength={100} autoComplete="off" />
        <RoleChoice roles={roles} />
        <Field
          label={t('accounts.keySessions')}
          name="sessions"
          autoComplete="off"
          placeholder={t('accounts.allSessions')}
          hint={t('accounts.keySessionsHint')}
        />
        <Field label={t('accounts.keyExpires')} name="expires" type="date" hint={t('accounts.keyExpiresHint')} />
        <Button type="submit" look="primary" busy={busy} className="lg:mt-6">
          {t('accounts.makeKey')}
        </Button>
      </Form>
      <div className="card">
        {error && <Failed error={error} />}
        {!data && !error && <Loading />}
        {data?.length === 0 && <p className="note">{t('accounts.noKeys')}</p>}
        <ul className="divide-y divide-line">
          {data?.map(({ id, name, role, hint, sessions, expiresAt, lastUsedAt }) => (
            <Row
              key={id}
              title={
                <>
                  {name} <code className="note">{hint}…</code>
                </>
              }
              note={[
                t(`role.${role}`),
                sessions === null ? t('accounts.allSessions') : t('accounts.someSessions', counted(sessions.length)),
                t('accounts.lastUsed', { time: lastUsedAt === null ? t('never') : sayTime(lastUsedAt) }),
                expiresAt !== null && t('accounts.keyUntil', { time: sayTime(expiresAt) }),
              ]
                .filter(Boolean)
                .join(' · ')}
            >
              <AskFirst
                word={t('accounts.revoke')}
                question={t('accounts.revokeAsk', { name })}
                onYes={() => change(() => server.deleteApiKey({ path: { id } }))}
              />
            </Row>
          ))}
        </ul>
      </div>
    </section>
  );
}

/** The last moment of a day, `2026-11-29`, where the browser is. */
const endOf = (day: string): Date => new Date(`${day}T23:59:59.999`);
