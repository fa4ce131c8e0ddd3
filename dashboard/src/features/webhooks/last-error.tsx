import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { DeliveryAttempt } from '@zapfleet/sdk';
import { server } from '../../app/server.ts';
import { sayDeliveryFailure } from '../../words/say.ts';

const LOOK_AGAIN_MS = 15_000;

/** Why the latest attempt of a webhook failed; nothing until it is known. */
export function LastError({ webhookId: id }: { webhookId: string }) {
  const { data } = useQuery({
    queryKey: ['deliveries', id, 'last-error'],
    queryFn: async ({ signal }) => {
      const newest = await server.listDeliveries({ path: { id }, query: { limit: 50 }, signal });
      const attempts = newest.data.flatMap((delivery) => delivery.attempts).filter(({ error }) => error !== null);
      return attempts.sort((a, b) => a.at.localeCompare(b.at)).at(-1) ?? null;
    },
    refetchInterval: LOOK_AGAIN_MS,
  });
  if (data == null) return null;
  return (
    <>
      · <DeliveryError attempt={data} />
    </>
  );
}

export function DeliveryError({ attempt }: { attempt: DeliveryAttempt }) {
  // Drawn anew when the language changes.
  useTranslation();
  return sayDeliveryFailure(attempt) ?? <span lang="en">{attempt.error}</span>;
}
