import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { sayDeliveryError } from '../../words/say.ts';

const LOOK_AGAIN_MS = 15_000;

/** Why the latest attempt of a webhook failed; nothing until it is known. */
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
      · <DeliveryError error={data} />
    </>
  );
}

export function DeliveryError({ error }: { error: string }) {
  const { i18n } = useTranslation();
  // In English the server says it best: it knows the details.
  const said = i18n.language === 'en' ? null : sayDeliveryError(error);
  return said ?? <span lang="en">{error}</span>;
}
