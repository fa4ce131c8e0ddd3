/** Makes the first owner, or lets somebody choose a password who was invited or forgot his. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useDoor } from '../../app/person.tsx';
import { keepLogin, visitor } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { sayError } from '../../words/say.ts';
import { takeToken } from './one-time.ts';
import { Outside } from './outside.tsx';

export function OneTimePage({ asks }: { asks: 'setup' | 'invitation' }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { enter } = useDoor();
  const [token] = useState(takeToken);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const submit = async ({ text, raw }: Filled): Promise<void> => {
    const body = {
      token: token ?? '',
      password: raw('password'),
      ...(text('name') && { name: text('name') }),
    };
    setBusy(true);
    setError(null);
    try {
      const login =
        asks === 'setup'
          ? await visitor.setUp({ body: { ...body, email: text('email') } })
          : await visitor.acceptLink({ body });
      keepLogin(login);
      await enter();
      await navigate('/app', { replace: true });
    } catch (refusal) {
      setError(sayError(refusal));
      setBusy(false);
    }
  };

  return (
    <Outside title={t(`${asks}.title`)}>
      {token === null ? (
        <p role="alert" className="text-bad">
          {t('error.link_invalid')}
        </p>
      ) : (
        <Form onSubmit={submit}>
          <p>{t(`${asks}.hint`)}</p>
          {asks === 'setup' && (
            <Field label={t('email')} name="email" type="email" autoComplete="username" required maxLength={254} />
          )}
          <Field label={t('yourName')} name="name" autoComplete="name" maxLength={100} />
          <Field
            label={t('password')}
            name="password"
            type="password"
            autoComplete="new-password"
            required
            minLength={10}
            hint={t('passwordHint')}
          />
          <p role="alert" className="text-sm text-bad empty:hidden">
            {error}
          </p>
          <Button type="submit" look="primary" busy={busy}>
            {t(`${asks}.do`)}
          </Button>
        </Form>
      )}
    </Outside>
  );
}
