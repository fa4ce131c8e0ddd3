import { useQueryClient } from '@tanstack/react-query';
import type { Tenant } from '@zapfleet/sdk';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { usePerson } from '../../app/person.tsx';
import { tenantsKey, useTenants } from '../../app/tenant-choice.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { useAct } from '../../ui/use-act.ts';
import { sayBytes, sayNumber } from '../../words/say.ts';
import { AskFirst } from './ask-first.tsx';
import { Row } from './row.tsx';

const limits = ['sessions', 'messagesPerDay', 'mediaBytes'] as const;
const GB = 1e9;
const limitsIn = ({ number }: Filled) => {
  const gigabytes = number('mediaBytes');
  return {
    sessions: number('sessions'),
    messagesPerDay: number('messagesPerDay'),
    mediaBytes: gigabytes === null ? null : Math.round(gigabytes * GB),
  };
};

const sayLimit = (limit: (typeof limits)[number], value: number): string =>
  limit === 'mediaBytes' ? sayBytes(value) : sayNumber(value);

/** How much of a limit is used; of messages, today. null: it is not counted. */
const usedOf = (usage: Tenant['usage'], limit: (typeof limits)[number]): number | null =>
  limit === 'messagesPerDay' ? usage.messagesToday : usage[limit];

export function Tenants() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [busy, act] = useAct();
  const [edited, setEdited] = useState<Tenant | null>(null);
  // Who is of one tenant sees its limits and what is used of them; to change them is up to a master.
  const isMaster = usePerson().tenantId === null;
  const { data, error } = useTenants();
  const change = (call: () => Promise<unknown>): void =>
    void act(async () => {
      await call();
      await queries.invalidateQueries({ queryKey: tenantsKey });
    });
  const used = ({ limits: most, usage }: Tenant) => (
    <span className="flex flex-wrap gap-x-4">
      {limits.map((one) => {
        const count = usedOf(usage, one);
        const limit = most[one];
        const of = limit === null ? t('accounts.noLimit') : sayLimit(one, limit);
        return (
          <span key={one} className="whitespace-nowrap">
            {t(`accounts.used.${one}`)}: {count === null ? t('accounts.notCounted') : `${sayLimit(one, count)} / ${of}`}
          </span>
        );
      })}
    </span>
  );
  return (
    <section className="grid gap-4">
      {isMaster && (
        <Form
          className="card grid items-end gap-3 sm:grid-cols-2 lg:grid-cols-[2fr_1fr_1fr_1fr_auto]"
          label={t('accounts.makeTenant')}
          onSubmit={(filled) =>
            change(() => server.createTenant({ body: { name: filled.text('name'), limits: limitsIn(filled) } }))
          }
        >
          <Field label={t('accounts.tenantName')} name="name" required maxLength={100} autoComplete="off" />
          <LimitFields />
          <Button type="submit" look="primary" busy={busy}>
            {t('accounts.makeTenant')}
          </Button>
        </Form>
      )}
      <div className="card">
        {error && <Failed error={error} />}
        {!data && !error && <Loading />}
        <ul className="divide-y divide-line">
          {data?.map((tenant) => (
            <Row
              key={tenant.id}
              title={
                <>
                  {tenant.name}{' '}
                  {tenant.suspendedAt !== null && <span className="text-bad">({t('accounts.suspended')})</span>}
                </>
              }
              note={used(tenant)}
            >
              {isMaster && (
                <>
                  <Button onClick={() => setEdited(tenant)}>{t('accounts.changeLimits')}</Button>
                  {tenant.suspendedAt === null ? (
                    <AskFirst
                      word={t('accounts.suspend')}
                      question={t('accounts.suspendAsk', { name: tenant.name })}
                      onYes={() => change(() => server.suspendTenant({ path: { id: tenant.id } }))}
                    />
                  ) : (
                    <Button onClick={() => change(() => server.resumeTenant({ path: { id: tenant.id } }))}>
                      {t('accounts.resume')}
                    </Button>
                  )}
                  {tenant.name !== 'default' && (
                    <AskFirst
                      word={t('accounts.delete')}
                      question={t('accounts.deleteAsk', { name: tenant.name })}
                      onYes={() => change(() => server.deleteTenant({ path: { id: tenant.id } }))}
                    />
                  )}
                </>
              )}
            </Row>
          ))}
        </ul>
      </div>
      {edited && (
        <Dialog title={edited.name} onClose={() => setEdited(null)}>
          <Form
            onSubmit={(filled) => {
              change(() => server.patchTenant({ path: { id: edited.id }, body: { limits: limitsIn(filled) } }));
              setEdited(null);
            }}
          >
            <LimitFields of={edited} />
            <Button type="submit" look="primary">
              {t('save')}
            </Button>
          </Form>
        </Dialog>
      )}
    </section>
  );
}

function LimitFields({ of }: { of?: Tenant }) {
  const { t } = useTranslation();
  return limits.map((one) => {
    const unit = one === 'mediaBytes' ? GB : 1;
    const most = of?.limits[one] ?? null;
    return (
      <Field
        key={one}
        label={t(`accounts.limit.${one}`)}
        name={one}
        type="number"
        min={0}
        max={1e12 / unit}
        step={unit === 1 ? 1 : 'any'}
        defaultValue={most === null ? '' : most / unit}
        placeholder={t('noLimit')}
      />
    );
  });
}
