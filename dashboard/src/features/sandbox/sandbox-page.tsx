/** The sandbox network: phones side by side as their owners see them, and the faults that it can have. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Form } from '../../ui/form.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { useAct } from '../../ui/use-act.ts';
import { Faults } from './faults.tsx';
import { Phone } from './phone.tsx';
import { LOOK_AGAIN_MS, phonesKey } from './phones-key.ts';

export function SandboxPage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [busy, act] = useAct();
  const {
    data: phones,
    error,
    refetch,
  } = useQuery({
    queryKey: phonesKey,
    queryFn: async ({ signal }) => (await server.listSandboxPhones({ signal })).data,
    refetchInterval: LOOK_AGAIN_MS,
  });
  return (
    <div className="grid min-w-0 gap-4">
      <h1>{t('nav.sandbox')}</h1>
      <p className="max-w-3xl">{t('sandbox.hint')}</p>
      {error && !phones && <Failed error={error} onRetry={() => void refetch()} />}
      {!error && !phones && <Loading />}
      {phones && (
        <>
          <Form
            className="card flex flex-wrap items-end gap-3"
            label={t('sandbox.newPhone')}
            onSubmit={({ text }) =>
              void act(async () => {
                const phoneNumber = text('phoneNumber').replace(/\D/g, '');
                await server.createSandboxPhone({
                  body: { ...(text('name') && { name: text('name') }), ...(phoneNumber && { phoneNumber }) },
                });
                await queries.invalidateQueries({ queryKey: phonesKey });
              })
            }
          >
            <div className="min-w-40 grow">
              <Field label={t('sandbox.name')} name="name" maxLength={100} autoComplete="off" />
            </div>
            <div className="min-w-40 grow">
              <Field
                label={t('sandbox.number')}
                name="phoneNumber"
                type="tel"
                maxLength={30}
                autoComplete="off"
                placeholder="+55 11 98765-4321"
              />
            </div>
            <Button type="submit" look="primary" busy={busy} icon={<UserPlus aria-hidden className="size-4" />}>
              {t('sandbox.newPhone')}
            </Button>
          </Form>
          {phones.length === 0 && <p className="card text-center">{t('sandbox.none')}</p>}
          <ul
            className="-mx-4 flex snap-x scroll-px-4 gap-4 overflow-x-auto px-4 pb-3 sm:-mx-6 sm:scroll-px-6 sm:px-6 lg:mx-0 lg:px-0 lg:grid lg:grid-cols-[repeat(auto-fill,minmax(15rem,1fr))] lg:overflow-visible"
            aria-label={t('sandbox.phones')}
          >
            {phones.map(({ phoneNumber, name }) => (
              <li key={phoneNumber} className="relative w-[min(18rem,85vw)] shrink-0 snap-start lg:w-auto">
                <Phone
                  phoneNumber={phoneNumber}
                  name={name}
                  others={phones.filter((one) => one.phoneNumber !== phoneNumber)}
                />
              </li>
            ))}
          </ul>
          <Faults />
        </>
      )}
    </div>
  );
}
