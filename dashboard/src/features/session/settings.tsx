/** The settings of a session; an empty field is no limit, or as the server is configured. */
import { useQueryClient } from '@tanstack/react-query';
import type { Session } from '@zapfleet/sdk';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { sessionKey } from '../../app/session-news.ts';
import { Button } from '../../ui/button.tsx';
import { Check, Choice, Field } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { useNotices } from '../../ui/notices.tsx';
import { useAct } from '../../ui/use-act.ts';
import { ProxyField } from '../sessions/engine-fields.tsx';

const limits = ['perMinute', 'perDay', 'perDayNewChats', 'minDelayMs', 'maxDelayMs'] as const;
const ignorable = ['groups', 'status', 'newsletters'] as const;
const least = { perMinute: 1, perDay: 1, perDayNewChats: 0, minDelayMs: 0, maxDelayMs: 0 } as const;

/** A choice of three as the form has it. */
const asChoice = (value: boolean | null): string => (value === null ? '' : String(value));
const fromChoice = (value: string): boolean | null => (value === 'true' ? true : value === 'false' ? false : null);

export function Settings({ session }: { session: Session }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { tell } = useNotices();
  const [busy, act] = useAct();
  const { id, engine } = session;

  const save = ({ text, number, isChecked }: Filled): void => {
    const proxy = text('proxy');
    const [startPerDay, days] = [number('startPerDay'), number('days')];
    void act(async () => {
      const changed = await server.patchSession({
        path: { id },
        body: {
          label: text('label') === '' ? null : text('label'),
          // What is shown may be the server's own: left alone it goes on following it.
          ...(text('timeZone') !== session.timeZone && {
            timeZone: text('timeZone') === '' ? null : text('timeZone'),
          }),
          limits: {
            ...Object.fromEntries(limits.map((name) => [name, number(name)])),
            warmup: startPerDay === null && days === null ? null : { startPerDay: startPerDay ?? 0, days: days ?? 0 },
          },
          ignore: Object.fromEntries(
            ignorable
              .map((name) => [name, isChecked(`ignore.${name}`)] as const)
              .filter(([name, isIgnored]) => isIgnored !== session.ignore[name]),
          ),
          autoCleanupOnLogout: fromChoice(text('cleanup')),
          commands: {
            enabled: fromChoice(text('commands')),
            prefix: text('prefix') === '' ? null : text('prefix'),
            groups: fromChoice(text('commandsInGroups')),
          },
          ...(engine === 'webjs' && { headless: fromChoice(text('headless')) }),
          // Its password is not shown: what stands there unchanged is not sent back.
          ...(proxy !== (session.proxy ?? '') && { proxy: proxy === '' ? null : proxy }),
        },
      });
      queries.setQueryData(sessionKey(id), changed);
      tell(t('saved'));
    });
  };

  return (
    <Form className="grid gap-4 lg:grid-cols-2" onSubmit={save}>
      <div className="grid content-start gap-4">
        <Part title={t('settings.general')}>
          <Field label={t('new.label')} name="label" maxLength={200} defaultValue={session.label ?? ''} />
          <Field
            label={t('session.timeZone')}
            name="timeZone"
            maxLength={64}
            defaultValue={session.timeZone}
            list="time-zones"
            autoComplete="off"
            hint={t('settings.timeZoneHint')}
          />
          <datalist id="time-zones">
            {Intl.supportedValuesOf('timeZone').map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
          <Choice label={t('settings.cleanup')} name="cleanup" defaultValue={asChoice(session.autoCleanupOnLogout)}>
            <option value="">{t('settings.asServer')}</option>
            <option value="false">{t('settings.keep')}</option>
            <option value="true">{t('settings.remove')}</option>
          </Choice>
          {engine === 'webjs' && (
            <Choice
              label={t('settings.headless')}
              name="headless"
              defaultValue={asChoice(session.headless)}
              hint={t('settings.headlessHint')}
            >
              <option value="">{t('settings.asServer')}</option>
              <option value="true">{t('settings.noWindow')}</option>
              <option value="false">{t('settings.withWindow')}</option>
            </Choice>
          )}
          <ProxyField defaultValue={session.proxy ?? ''} />
        </Part>
        <Part title={t('settings.ignore')}>
          {ignorable.map((name) => (
            <Check
              key={name}
              name={`ignore.${name}`}
              defaultChecked={session.ignore[name]}
              label={t(`settings.ignored.${name}`)}
            />
          ))}
        </Part>
      </div>
      <Part title={t('settings.limits')}>
        {limits.map((name) => (
          <Field
            key={name}
            label={t(`settings.${name}`)}
            name={name}
            type="number"
            min={least[name]}
            step={1}
            defaultValue={session.limits[name] ?? ''}
            placeholder={name === 'minDelayMs' || name === 'maxDelayMs' ? t('settings.noPause') : t('noLimit')}
          />
        ))}
        <fieldset className="grid gap-3 border-t border-line pt-4">
          <legend className="float-left w-full font-medium">{t('settings.warmup')}</legend>
          <p className="note">{t('settings.warmupHint')}</p>
          <div className="grid gap-3 sm:grid-cols-2">
            <Field
              label={t('settings.startPerDay')}
              name="startPerDay"
              type="number"
              min={1}
              step={1}
              defaultValue={session.limits.warmup?.startPerDay ?? ''}
              placeholder={t('noLimit')}
            />
            <Field
              label={t('settings.days')}
              name="days"
              type="number"
              min={2}
              max={365}
              step={1}
              defaultValue={session.limits.warmup?.days ?? ''}
              placeholder={t('settings.noWarmup')}
            />
          </div>
        </fieldset>
      </Part>
      <Part title={t('settings.commands')} className="sm:grid-cols-3 lg:col-span-2">
        <Choice
          label={t('settings.commandsOn')}
          name="commands"
          defaultValue={asChoice(session.commands.enabled)}
          hint={t('settings.commandsHint')}
        >
          <option value="">{t('settings.asServer')}</option>
          <option value="true">{t('yes')}</option>
          <option value="false">{t('no')}</option>
        </Choice>
        <Choice
          label={t('settings.commandsInGroups')}
          name="commandsInGroups"
          defaultValue={asChoice(session.commands.groups)}
        >
          <option value="">{t('settings.asServer')}</option>
          <option value="true">{t('yes')}</option>
          <option value="false">{t('no')}</option>
        </Choice>
        <Field
          label={t('settings.prefix')}
          name="prefix"
          maxLength={5}
          defaultValue={session.commands.prefix ?? ''}
          placeholder={t('settings.asServer')}
        />
      </Part>
      <div className="lg:col-span-2">
        <Button type="submit" look="primary" busy={busy}>
          {t('save')}
        </Button>
      </div>
    </Form>
  );
}

function Part({ title, children, className = '' }: { title: string; children: ReactNode; className?: string }) {
  return (
    <fieldset className={`card grid content-start gap-4 ${className}`}>
      <legend className="float-left col-span-full w-full font-semibold">{title}</legend>
      {children}
    </fieldset>
  );
}
