import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { everything } from '../../app/lists.ts';
import { type Role, usePerson, useTenantQuery } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Form } from '../../ui/form.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { useAct } from '../../ui/use-act.ts';
import { sayTime } from '../../words/say.ts';
import type { Once } from './once.ts';
import { AskFirst } from './ask-first.tsx';
import { RoleChange, RoleChoice, useRoles } from './role-choice.tsx';
import { Row } from './row.tsx';

const LOOK_AGAIN_MS = 10_000;
const usersKey = ['users'] as const;

export function Users({ onOnce }: { onOnce(once: Once): void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const tenant = useTenantQuery();
  const { user: me } = usePerson();
  const roles = useRoles();
  const [busy, act] = useAct();
  const { data, error } = useQuery({
    queryKey: [...usersKey, tenant],
    queryFn: ({ signal }) =>
      everything((cursor) => server.listUsers({ query: { ...tenant, limit: 1000, ...cursor }, signal })),
    // Who was invited comes by himself.
    refetchInterval: LOOK_AGAIN_MS,
  });
  const change = (call: () => Promise<unknown>): void =>
    void act(async () => {
      await call();
      await queries.invalidateQueries({ queryKey: usersKey });
    });
  const block = (id: string, disabled: boolean): void =>
    change(() => server.patchUser({ path: { id }, body: { disabled } }));
  return (
    <section className="grid gap-4">
      <Form
        className="card flex flex-wrap items-end gap-3"
        label={t('accounts.invite')}
        onSubmit={({ text }) =>
          change(async () => {
            const role = text('role') as Role;
            const { url, expiresAt } = await server.inviteUser({
              body: { email: text('email'), role, ...(role !== 'master' && tenant) },
            });
            onOnce({ kind: 'link', text: url, until: expiresAt });
          })
        }
      >
        <div className="min-w-52 grow">
          <Field label={t('email')} name="email" type="email" required maxLength={254} autoComplete="off" />
        </div>
        <div className="min-w-44 max-sm:w-full">
          <RoleChoice roles={roles} />
        </div>
        <Button type="submit" look="primary" busy={busy}>
          {t('accounts.invite')}
        </Button>
      </Form>
      <div className="card">
        {error && <Failed error={error} />}
        {!data && !error && <Loading />}
        {data?.length === 0 && <p className="note">{t('accounts.noUsers')}</p>}
        <ul className="divide-y divide-line">
          {data?.map(({ id, name, email, role, disabled, lastLoginAt }) => (
            <Row
              key={id}
              title={name ?? email}
              note={[
                name === null ? null : email,
                id === me?.id ? t(`role.${role}`) : null,
                disabled
                  ? t('accounts.disabled')
                  : t('accounts.lastLogin', { time: lastLoginAt === null ? t('never') : sayTime(lastLoginAt) }),
              ]
                .filter(Boolean)
                .join(' · ')}
            >
              {id !== me?.id && (
                <>
                  <RoleChange
                    name={name ?? email}
                    role={role}
                    roles={roles}
                    onChange={(next) => change(() => server.patchUser({ path: { id }, body: { role: next } }))}
                  />
                  <Button
                    onClick={() =>
                      change(async () => {
                        const { url, expiresAt } = await server.resetPassword({ path: { id } });
                        onOnce({ kind: 'link', text: url, until: expiresAt });
                      })
                    }
                  >
                    {t('accounts.newPassword')}
                  </Button>
                  {disabled ? (
                    <Button onClick={() => block(id, false)}>{t('accounts.enable')}</Button>
                  ) : (
                    <AskFirst
                      word={t('accounts.disable')}
                      question={t('accounts.disableAsk', { name: name ?? email })}
                      onYes={() => block(id, true)}
                    />
                  )}
                  <AskFirst
                    word={t('accounts.delete')}
                    question={t('accounts.deleteAsk', { name: email })}
                    onYes={() => change(() => server.deleteUser({ path: { id } }))}
                  />
                </>
              )}
            </Row>
          ))}
        </ul>
      </div>
    </section>
  );
}
