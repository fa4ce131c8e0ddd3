/** Who uses the page, and which tenant is looked at. */
import { useQueryClient } from '@tanstack/react-query';
import type { Answer } from '@zapfleet/sdk';
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from 'react';
import { forget, keepKey, mayHaveLogin, renew, server, visitor, whenLost } from './server.ts';

export type Role = 'viewer' | 'agent' | 'admin' | 'master';
const order: readonly Role[] = ['viewer', 'agent', 'admin', 'master'];

export type Person = Pick<Answer<'whoAmI'>, 'role' | 'tenantId' | 'user'> & {
  /** A key that reaches some sessions only hears no news of the fleet. */
  limited: boolean;
};

/** `ended`: the login was taken away while the page was open. */
export type Standing = { is: 'asking' } | { is: 'out'; ended: boolean } | { is: 'in'; person: Person };

type Door = {
  standing: Standing;
  /** Asks who we are with what was just kept. Rejects as `whoAmI` does. */
  enter(): Promise<void>;
  enterWithKey(key: string): Promise<void>;
  leave(): Promise<void>;
  /** The tenant that a master looks at; undefined for everybody else, who sees the own one. */
  tenantId: string | undefined;
  chooseTenant(id: string | undefined): void;
};

const DoorContext = createContext<Door | null>(null);

export function useDoor(): Door {
  const door = use(DoorContext);
  if (!door) throw new Error('useDoor stands outside of PersonProvider');
  return door;
}

/** Only where somebody is in. */
export function usePerson(): Person & { may(least: Role): boolean; tenantId: string | null } {
  const { standing } = useDoor();
  if (standing.is !== 'in') throw new Error('usePerson stands where nobody is in');
  const { person } = standing;
  return { ...person, may: (least) => order.indexOf(person.role) >= order.indexOf(least) };
}

/** What names the tenant in every call about its things. */
export function useTenantQuery(): { tenantId?: string } {
  const { tenantId } = useDoor();
  return useMemo(() => (tenantId === undefined ? {} : { tenantId }), [tenantId]);
}

export function PersonProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [standing, setStanding] = useState<Standing>(() =>
    mayHaveLogin() ? { is: 'asking' } : { is: 'out', ended: false },
  );
  const [tenantId, chooseTenant] = useState<string | undefined>(undefined);

  const out = useCallback(
    (ended: boolean) => {
      queries.clear();
      chooseTenant(undefined);
      setStanding({ is: 'out', ended });
    },
    [queries],
  );

  const enter = useCallback(async () => {
    const { role, tenantId: own, user, sessions } = await server.whoAmI();
    queries.clear();
    setStanding({ is: 'in', person: { role, tenantId: own, user, limited: sessions !== null } });
  }, [queries]);

  useEffect(() => {
    whenLost(() => out(true));
    if (!mayHaveLogin()) return;
    let tries = 0;
    const take = (): void => {
      renew().then(
        (is) => {
          if (is) return enter().catch(() => out(false));
          forget();
          out(false);
        },
        // The server does not answer yet: it is asked until it does.
        () => setTimeout(take, Math.min(5000, 500 * 2 ** tries++)),
      );
    };
    take();
  }, [enter, out]);

  const door = useMemo<Door>(
    () => ({
      standing,
      enter,
      enterWithKey: async (key) => {
        keepKey(key);
        try {
          await enter();
        } catch (error) {
          forget();
          throw error;
        }
      },
      leave: async () => {
        await visitor.logout().catch(() => undefined);
        forget();
        out(false);
      },
      tenantId,
      chooseTenant,
    }),
    [standing, enter, out, tenantId],
  );
  return <DoorContext value={door}>{children}</DoorContext>;
}
