import { useQuery } from '@tanstack/react-query';
import { server } from '../../app/server.ts';

const LOOK_AGAIN_MS = 15_000;

/** Why the latest attempt of a webhook failed, in the words of the server; nothing until it is known. */
export function LastError({ webhookId: id }: { webhookId: string }) {
  const { data } = useQuery({
    queryKey: ['deliveries', id, 'last-error'],
    queryFn: async ({ signal }) => {
      const newest = await server.listDeliveries({ path: { id }, query: { limit: 50 }, signal });
      const attempts = newest.data.flatMap((delivery) => delivery.attempts).filter(({ error }) => error !== null);
      return attempts.sort((a, b) => a.at.localeCompare(b.at)).at(-1)?.error ?? null;
    },
    refetchInterval: LOOK_AGAIN_MS,
  });
  if (data == null) return null;
  return (
    <>
      · <span lang="en">{data}</span>
    </>
  );
}
