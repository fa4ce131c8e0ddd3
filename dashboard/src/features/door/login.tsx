import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDoor } from '../../app/person.tsx';
import { keepLogin, visitor } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { sayError } from '../../words/say.ts';
import { Outside } from './outside.tsx';

export function Login({ ended }: { ended: boolean }) {
  const { t } = useTranslation();
  const { enter, enterWithKey } = useDoor();
  const [by, setBy] = useState<'password' | 'key'>('password');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const submit = async ({ text, raw }: Filled): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      if (by === 'key') await enterWithKey(text('key'));
      else {
        keepLogin(await visitor.login({ body: { email: text('email'), password: raw('password') } }));
        await enter();
      }
    } catch (refusal) {
      setError(sayError(refusal));
      setBusy(false);
    }
  };

  return (
    <Outside title={t('login.title')}>
      {ended && <p role="status">{t('login.ended')}</p>}
      <Tabs
        label={t('login.by')}
        tabs={[
          { key: 'password', label: t('login.withPassword') },
          { key: 'key', label: t('login.withKey') },
        ]}
        chosen={by}
        onChoose={(key) => {
          setBy(key);
          setError(null);
        }}
      >
        <Form onSubmit={submit}>
          {by === 'password' ? (
            <>
              <Field label={t('email')} name="email" type="email" autoComplete="username" required maxLength={254} />
              <Field
                label={t('password')}
                name="password"
                type="password"
                autoComplete="current-password"
                required
                hint={t('login.forgotten')}
              />
            </>
          ) : (
            <Field
              label={t('apiKey')}
              name="key"
              type="password"
              autoComplete="off"
              spellCheck={false}
              required
              hint={t('login.keyHint')}
            />
          )}
          <p role="alert" className="text-sm text-bad empty:hidden">
            {error}
          </p>
          <Button type="submit" look="primary" busy={busy}>
            {t('login.enter')}
          </Button>
        </Form>
      </Tabs>
    </Outside>
  );
}
