/** "Add number": what the session is called and how it runs; then its code is shown. */
import { ZapfleetError } from '@zapfleet/sdk';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useEngines } from '../../app/engines.ts';
import { useHasSandbox } from '../../app/has-sandbox.ts';
import { useTenantQuery } from '../../app/person.tsx';
import { useServerFacts } from '../../app/server-facts.ts';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Check, Choice, Field } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { sayError } from '../../words/say.ts';
import { EngineFields, type EngineInfo } from './engine-fields.tsx';

/** Before the server has said what it has. */
const usual: EngineInfo = {
  engine: 'baileys',
  usable: true,
  version: null,
  missing: null,
  help: null,
  capabilities: [],
};

export function NewSession() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const tenant = useTenantQuery();
  const hasSandbox = useHasSandbox();
  const { data: engines = [usual] } = useEngines();
  const [chosen, setChosen] = useState('baileys');
  const engine = engines.find((one) => one.engine === chosen) ?? usual;
  const { data: facts } = useServerFacts();
  const [wanted, setWanted] = useState<'whatsapp' | 'sandbox' | null>(null);
  const network = wanted ?? facts?.defaultNetwork ?? 'whatsapp';
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<{ field: string | null; text: string } | null>(null);

  const submit = async ({ text, raw, isChecked }: Filled): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { id } = await server.createSession({
        body: {
          name: text('name'),
          ...(text('label') && { label: text('label') }),
          engine: engine.engine,
          network,
          ...(text('perDay') && { limits: { perDay: Number(text('perDay')) } }),
          autoCleanupOnLogout: !isChecked('keep'),
          ...(text('proxy') && { proxy: text('proxy') }),
          ...(text('headless') && { headless: text('headless') === 'true' }),
          ...((text('serverUrl') || raw('serverKey')) && {
            engineOptions: { url: text('serverUrl').replace(/\/+$/, ''), apiKey: raw('serverKey') },
          }),
          ...tenant,
        },
      });
      await navigate(`/app/sessions/${id}`, { replace: true });
    } catch (refusal) {
      setError({ field: fieldOf(refusal), text: sayError(refusal) });
      setBusy(false);
    }
  };
  const wrong = (field: string): string | null => (error?.field === field ? error.text : null);

  return (
    <div className="grid max-w-2xl gap-4">
      <nav aria-label={t('path')} className="text-sm">
        <Link to="/app/sessions" className="link -my-2.5 inline-block py-2.5">
          {t('nav.sessions')}
        </Link>
      </nav>
      <h1>{t('sessions.add')}</h1>
      <Form className="card grid gap-4" onSubmit={submit}>
        <Field
          label={t('new.name')}
          name="name"
          required
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          autoFocus
          placeholder={t('new.namePlaceholder')}
          hint={t('new.nameHint')}
          error={wrong('name')}
        />
        <Field
          label={t('new.label')}
          name="label"
          maxLength={200}
          autoComplete="off"
          hint={t('new.labelHint')}
          error={wrong('label')}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Choice
            label={t('sessions.engine')}
            value={chosen}
            onChange={({ target }) => setChosen(target.value)}
            hint={t(`about.engine.${engine.engine}`)}
            error={wrong('engine')}
          >
            {engines.map((one) => (
              <option key={one.engine} value={one.engine}>
                {one.usable ? one.engine : t('new.notHere', { engine: one.engine })}
              </option>
            ))}
          </Choice>
          <Choice
            label={t('new.network')}
            value={network}
            onChange={({ target }) => setWanted(target.value === 'sandbox' ? 'sandbox' : 'whatsapp')}
            hint={network === 'sandbox' ? t('new.sandboxHint') : null}
          >
            <option value="whatsapp">{t('new.whatsapp')}</option>
            {hasSandbox && <option value="sandbox">{t('new.sandbox')}</option>}
          </Choice>
        </div>
        <EngineFields engine={engine} wrong={wrong} />
        <Field
          label={t('new.perDay')}
          name="perDay"
          type="number"
          min={1}
          max={1_000_000}
          step={1}
          placeholder={t('noLimit')}
          error={wrong('limits.perDay')}
        />
        <Check name="keep" defaultChecked label={t('new.keep')} hint={t('new.keepHint')} />
        <p role="alert" className="text-sm text-bad empty:hidden">
          {error?.field === null ? error.text : ''}
        </p>
        <div className="flex flex-wrap-reverse justify-end gap-2 max-sm:*:grow">
          <Link to="/app/sessions" className="button whitespace-nowrap">
            {t('cancel')}
          </Link>
          <Button type="submit" look="primary" busy={busy}>
            {t('new.do')}
          </Button>
        </div>
      </Form>
    </div>
  );
}

const shownFields = ['name', 'label', 'limits.perDay', 'engineOptions.url', 'engineOptions.apiKey', 'proxy'];

/** The field of the form that the refusal is about. */
function fieldOf(error: unknown): string | null {
  if (!(error instanceof ZapfleetError)) return null;
  if (error.code === 'session_name_taken') return 'name';
  if (error.code === 'not_supported_by_engine') return 'engine';
  const [first] = (error.details.fields ?? []) as { field: string }[];
  return shownFields.find((one) => one === first?.field) ?? null;
}
