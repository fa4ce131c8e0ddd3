import type { Webhook } from '@zapfleet/sdk';
import { useState } from 'react';
import { useLocation } from 'react-router';
import { Deliveries } from './deliveries.tsx';
import { Endpoint } from './endpoint.tsx';

type Props = {
  webhooks: readonly Webhook[];
  /** Gets a secret that is shown this once. */
  onSecret(secret: string): void;
  heading?: 'h2' | 'h3';
};

/** Endpoints one below the other; of one at a time the deliveries are shown, at first of the one that the address names. */
export function Endpoints({ webhooks, onSecret, heading = 'h2' }: Props) {
  const named = useLocation().hash.slice(1);
  const [open, setOpen] = useState<string | null>(named || null);
  return (
    <ul className="grid min-w-0 gap-3 empty:hidden">
      {webhooks.map((webhook) => (
        <li
          key={webhook.id}
          className="card grid min-w-0 gap-3"
          ref={webhook.id === named ? bringIntoSight : undefined}
        >
          <Endpoint
            webhook={webhook}
            onSecret={onSecret}
            isOpen={open === webhook.id}
            onOpen={() => setOpen(open === webhook.id ? null : webhook.id)}
            heading={heading}
          />
          {open === webhook.id && <Deliveries webhookId={webhook.id} />}
        </li>
      ))}
    </ul>
  );
}

/** Once, when it appears. */
const bringIntoSight = (node: HTMLElement | null): void => node?.scrollIntoView();
