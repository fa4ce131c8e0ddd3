import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Role, usePerson } from '../../app/person.tsx';
import { Choice } from '../../ui/field.tsx';
import { Question } from './ask-first.tsx';

const order = ['viewer', 'agent', 'admin', 'master'] as const;

/** The roles that one may give: none above the own one. */
export function useRoles(): readonly Role[] {
  const { may } = usePerson();
  return order.filter((role) => may(role));
}

export function RoleChoice({ roles }: { roles: readonly Role[] }) {
  const { t } = useTranslation();
  return (
    <Choice label={t('accounts.role')} name="role" defaultValue="agent">
      {roles.map((role) => (
        <option key={role} value={role}>
          {t(`role.${role}`)}
        </option>
      ))}
    </Choice>
  );
}

type ChangeProps = { name: string; role: Role; roles: readonly Role[]; onChange(role: Role): void };

/** The role of somebody; to give one that changes what others may do asks first. */
export function RoleChange({ name, role, roles, onChange }: ChangeProps) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Role | null>(null);
  const choose = (next: Role): void => {
    if (next === 'admin' || next === 'master') setAsked(next);
    else onChange(next);
  };
  return (
    <div className="max-sm:w-full">
      <Choice label={t('accounts.role')} unseen value={role} onChange={({ target }) => choose(target.value as Role)}>
        {[...new Set([role, ...roles])].map((one) => (
          <option key={one} value={one}>
            {t(`role.${one}`)}
          </option>
        ))}
      </Choice>
      {asked !== null && (
        <Question
          word={t('accounts.changeRole')}
          question={t('accounts.changeRoleAsk', { name, role: t(`role.${asked}`) })}
          look="primary"
          onYes={() => onChange(asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}
