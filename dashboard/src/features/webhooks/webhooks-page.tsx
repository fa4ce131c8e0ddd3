/** Where events are sent to: the endpoints, and what became of each delivery. */
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTenantQuery } from '../../app/person.tsx';
import { Button } from '../../ui/button.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { Endpoints } from './endpoints.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import { useWebhooks } from './use-webhooks.ts';
import { WebhookForm } from './webhook-form.tsx';

export function WebhooksPage() {
  const { t } = useTranslation();
  const [adds, setAdds] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const { data, error, refetch } = useWebhooks(useTenantQuery());
  return (
    <div className="grid min-w-0 gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1>{t('nav.webhooks')}</h1>
        <Button look="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => setAdds(true)}>
          {t('webhooks.add')}
        </Button>
      </div>
      {error && !data && <Failed error={error} onRetry={() => void refetch()} />}
      {!error && !data && <Loading />}
      {data?.length === 0 && <p className="card text-center">{t('webhooks.none')}</p>}
      <Endpoints webhooks={data ?? []} onSecret={setSecret} />
      {adds && (
        <WebhookForm
          webhook={null}
          onClose={() => setAdds(false)}
          onDone={(made) => {
            setAdds(false);
            setSecret(made);
          }}
        />
      )}
      {secret !== null && <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
    </div>
  );
}
