import { useQuery } from '@tanstack/react-query';
import { everything } from '../../app/lists.ts';
import { useEvents } from '../../app/live.tsx';
import { server } from '../../app/server.ts';
import { webhooksKey } from './webhooks-key.ts';

/** All webhooks of a tenant; asked for again when one is disabled. */
export function useWebhooks(tenant: { tenantId?: string }) {
  const webhooks = useQuery({
    queryKey: [...webhooksKey, tenant],
    queryFn: ({ signal }) =>
      everything((cursor) => server.listWebhooks({ query: { ...tenant, limit: 1000, ...cursor }, signal })),
  });
  useEvents(({ type }) => {
    if (type === 'webhook.disabled') void webhooks.refetch();
  });
  return webhooks;
}
