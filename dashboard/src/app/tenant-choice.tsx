import { useQuery } from '@tanstack/react-query';
import type { Tenant } from '@zapfleet/sdk';
import { useTranslation } from 'react-i18next';
import { Choice } from '../ui/field.tsx';
import { everything } from './lists.ts';
import { useDoor, usePerson } from './person.tsx';
import { server } from './server.ts';

export const tenantsKey = ['tenants'] as const;

export function useTenants() {
  const { may } = usePerson();
  return useQuery({
    queryKey: tenantsKey,
    queryFn: ({ signal }) => everything((cursor) => server.listTenants({ query: { limit: 1000, ...cursor }, signal })),
    enabled: may('admin'),
  });
}

/** The tenant whose things are shown, where that could be another: to a master. null until it is known, and for everybody else. */
export function useShownTenant(): Tenant | null {
  const { tenantId: own } = usePerson();
  const { tenantId } = useDoor();
  const { data: tenants = [] } = useTenants();
  if (own !== null) return null;
  return tenants.find(({ id, name }) => (tenantId === undefined ? name === 'default' : id === tenantId)) ?? null;
}

/** Which tenant is in view where the choice is hidden in the menu. */
export function TenantName() {
  const shown = useShownTenant();
  const { data: tenants = [] } = useTenants();
  if (!shown || tenants.length < 2) return null;
  return <p className="note min-w-0 grow truncate text-right lg:hidden">{shown.name}</p>;
}

/** A master looks at one tenant at a time. Nothing to choose where there is one only. */
export function TenantChoice() {
  const { t } = useTranslation();
  const { tenantId: own, may } = usePerson();
  const { tenantId, chooseTenant } = useDoor();
  const { data: tenants = [] } = useTenants();
  if (own !== null || !may('master') || tenants.length < 2) return null;
  const usual = tenants.find(({ name }) => name === 'default')?.id ?? '';
  return (
    <Choice
      label={t('tenant')}
      value={tenantId ?? usual}
      onChange={({ target }) => chooseTenant(target.value === usual ? undefined : target.value)}
    >
      {tenants.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Choice>
  );
}
