import type { Webhook } from '@zapfleet/sdk';
import { useState } from 'react';
import { Deliveries } from './deliveries.tsx';
import { Endpoint } from './endpoint.tsx';

/** Endpoints one below the other; of one at a time the deliveries are shown. `onSecret` gets a secret that is shown this once. */
export function Endpoints({ webhooks, onSecret }: { webhooks: readonly Webhook[]; onSecret(secret: string): void }) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <ul className="grid min-w-0 gap-3 empty:hidden">
      {webhooks.map((webhook) => (
        <li key={webhook.id} className="card grid min-w-0 gap-3">
          <Endpoint
            webhook={webhook}
            onSecret={onSecret}
            isOpen={open === webhook.id}
            onOpen={() => setOpen(open === webhook.id ? null : webhook.id)}
          />
          {open === webhook.id && <Deliveries webhookId={webhook.id} />}
        </li>
      ))}
    </ul>
  );
}
