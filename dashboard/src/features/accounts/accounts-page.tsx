/** Tenants, people, keys, and who changed what: by the role of whoever looks. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePerson } from '../../app/person.tsx';
import { CopyLine } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { sayTime } from '../../words/say.ts';
import { Audit } from './audit.tsx';
import { Keys } from './keys.tsx';
import type { Once } from './once.ts';
import { Tenants } from './tenants.tsx';
import { Users } from './users.tsx';

const parts = ['users', 'keys', 'tenants', 'audit'] as const;
type Part = (typeof parts)[number];

export function AccountsPage() {
  const { t } = useTranslation();
  const { tenantId: own } = usePerson();
  const [part, setPart] = useState<Part>('users');
  const [once, setOnce] = useState<Once | null>(null);
  return (
    <div className="grid min-w-0 gap-4">
      <h1>{t('nav.accounts')}</h1>
      <Tabs
        label={t('nav.accounts')}
        tabs={parts.map((key) => ({
          key,
          label: t(key === 'tenants' && own !== null ? 'accounts.ownTenant' : `accounts.${key}`),
        }))}
        chosen={part}
        onChoose={setPart}
      >
        {part === 'users' && <Users onOnce={setOnce} />}
        {part === 'keys' && <Keys onOnce={setOnce} />}
        {part === 'tenants' && <Tenants />}
        {part === 'audit' && <Audit />}
      </Tabs>
      {once && (
        <Dialog title={t(`accounts.once.${once.kind}`)} onClose={() => setOnce(null)}>
          <p className="mb-3">
            {once.kind === 'key' ? t('accounts.onceKey') : t('accounts.onceLink', { time: sayTime(once.until) })}
          </p>
          <CopyLine text={once.text} label={t(`accounts.once.${once.kind}`)} />
        </Dialog>
      )}
    </div>
  );
}
