/** Whether there is a sandbox network that we may use. */
import { useQuery } from '@tanstack/react-query';
import { usePerson } from './person.tsx';
import { server } from './server.ts';

/** undefined until it is known. */
export function useHasSandbox(): boolean | undefined {
  const { may } = usePerson();
  const { data, isError } = useQuery({
    queryKey: ['sandbox', 'is'],
    queryFn: async ({ signal }) => {
      await server.listSandboxPhones({ signal });
      return true;
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    enabled: may('admin'),
  });
  return isError ? false : data;
}
