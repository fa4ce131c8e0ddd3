/** One's own account: the password, and where one is logged in. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Answer } from '@zapfleet/sdk';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { useNotices } from '../../ui/notices.tsx';
import { useAct } from '../../ui/use-act.ts';
import { sayError, sayTime } from '../../words/say.ts';
import { Part } from './part.tsx';

const loginsKey = ['logins'] as const;

export function Account({ user: { name, email, role } }: { user: NonNullable<Answer<'whoAmI'>['user']> }) {
  const { t } = useTranslation();
  return (
    <Part id="account" title={t('about.account')}>
      <p>
        <span className="font-medium">{name ?? email}</span>{' '}
        <span className="note">{[name !== null && email, t(`role.${role}`)].filter(Boolean).join(' · ')}</span>
      </p>
      <NewPassword email={email} />
      <Logins />
    </Part>
  );
}

function NewPassword({ email }: { email: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { tell } = useNotices();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  /** Counts the changes: each begins with an empty form. */
  const [changes, setChanges] = useState(0);
  const change = async ({ raw }: Filled): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await server.changePassword({ body: { current: raw('current'), password: raw('password') } });
      tell(t('about.passwordChanged'));
      setChanges(changes + 1);
      await queries.invalidateQueries({ queryKey: loginsKey });
    } catch (refusal) {
      setError(sayError(refusal));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Form key={changes} onSubmit={change} className="grid gap-3 border-t border-line pt-3" label={t('about.password')}>
      <h3 className="font-medium">{t('about.password')}</h3>
      {/* For programs that keep passwords: whose it is. */}
      <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
      <Field
        label={t('about.current')}
        name="current"
        type="password"
        autoComplete="current-password"
        required
        maxLength={1024}
      />
      <Field
        label={t('about.new')}
        name="password"
        type="password"
        autoComplete="new-password"
        required
        minLength={10}
        maxLength={1024}
        hint={t('passwordHint')}
      />
      <p role="alert" className="text-sm text-bad empty:hidden">
        {error}
      </p>
      <div>
        <Button type="submit" look="primary" busy={busy}>
          {t('about.change')}
        </Button>
      </div>
    </Form>
  );
}

function Logins() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [busy, act] = useAct();
  const { data, error } = useQuery({
    queryKey: loginsKey,
    queryFn: async ({ signal }) => (await server.listLogins({ signal })).data,
  });
  return (
    <div className="grid gap-2 border-t border-line pt-3">
      <h3 className="font-medium">{t('about.logins')}</h3>
      {error && <Failed error={error} />}
      {!data && !error && <Loading />}
      <ul className="divide-y divide-line">
        {data?.map(({ id, address, userAgent, lastUsedAt, current }) => (
          <li key={id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-2 text-sm">
            <div className="min-w-0">
              <p className="font-medium">
                {userAgent ?? t('about.someProgram')}
                {current && <span className="text-good"> · {t('about.here')}</span>}
              </p>
              <p className="note">{[address, sayTime(lastUsedAt)].filter(Boolean).join(' · ')}</p>
            </div>
            {!current && (
              <Button
                busy={busy}
                onClick={() =>
                  void act(async () => {
                    await server.revokeLogin({ path: { id } });
                    await queries.invalidateQueries({ queryKey: loginsKey });
                  })
                }
              >
                {t('about.end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
