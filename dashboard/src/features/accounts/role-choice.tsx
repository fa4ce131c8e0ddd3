import { useTranslation } from 'react-i18next';
import { type Role, usePerson } from '../../app/person.tsx';
import { Choice } from '../../ui/field.tsx';

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
