/** What the chosen engine wants to know, and whether it can carry sessions here. */
import type { Answer } from '@zapfleet/sdk';
import { useTranslation } from 'react-i18next';
import { Choice, Field } from '../../ui/field.tsx';

export type EngineInfo = Answer<'listEngines'>['data'][number];

type Props = { engine: EngineInfo; wrong(field: string): string | null };

export function EngineFields({ engine: { engine, usable, missing, help, capabilities }, wrong }: Props) {
  const { t } = useTranslation();
  return (
    <>
      {!usable && (
        <p className="rounded-lg bg-busy-tint px-3 py-2 text-sm text-busy" role="status">
          {t(engine === 'evolution' ? 'new.ownServerNeeded' : 'about.notUsable')}
          {/* The server's own words: it knows what it looked for. */}
          <span lang="en" className="block">
            {missing} {help}
          </span>
        </p>
      )}
      {engine === 'evolution' && (
        <fieldset className="grid gap-3">
          <legend className="mb-2 text-sm font-medium">{t('new.ownServer')}</legend>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field
              label={t('new.serverUrl')}
              name="serverUrl"
              type="url"
              maxLength={2048}
              autoComplete="off"
              required={!usable}
              placeholder="https://evolution.example"
              error={wrong('engineOptions.url')}
            />
            <Field
              label={t('new.serverKey')}
              name="serverKey"
              type="password"
              maxLength={512}
              autoComplete="off"
              required={!usable}
              error={wrong('engineOptions.apiKey')}
            />
          </div>
          <p className="note">{t(usable ? 'new.serverHint' : 'new.serverKeyHint')}</p>
        </fieldset>
      )}
      {engine === 'webjs' && (
        <Choice label={t('settings.headless')} name="headless">
          <option value="">{t('settings.asServer')}</option>
          <option value="true">{t('settings.noWindow')}</option>
          <option value="false">{t('settings.withWindow')}</option>
        </Choice>
      )}
      {capabilities.includes('proxy') && <ProxyField error={wrong('proxy')} />}
    </>
  );
}

/** Also of the settings of a session, which shows what is set. */
export function ProxyField(shown: { defaultValue?: string; error?: string | null }) {
  const { t } = useTranslation();
  return (
    <Field
      label={t('settings.proxy')}
      name="proxy"
      maxLength={2048}
      autoComplete="off"
      spellCheck={false}
      placeholder={t('new.proxyPlaceholder')}
      hint={t('settings.proxyHint')}
      {...shown}
    />
  );
}
