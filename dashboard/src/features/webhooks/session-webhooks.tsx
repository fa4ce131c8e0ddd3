/** Who hears of one session: webhooks of its own, and those of its whole tenant. */
import type { Session } from '@zapfleet/sdk';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { Endpoints } from './endpoints.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import { useWebhooks } from './use-webhooks.ts';
import { WebhookForm } from './webhook-form.tsx';

export function SessionWebhooks({ session: { id, name, tenantId } }: { session: Session }) {
  const { t } = useTranslation();
  const [adds, setAdds] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const { data, error, refetch } = useWebhooks({ tenantId });
  if (error && !data) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  const own = data.filter(({ sessionId }) => sessionId === id);
  const common = data.filter(({ sessionId }) => sessionId === null);
  return (
    <div className="grid min-w-0 gap-6">
      <section className="grid min-w-0 gap-3" aria-labelledby="own-title">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <h2 id="own-title">{t('webhooks.own')}</h2>
          <Button look="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => setAdds(true)}>
            {t('webhooks.add')}
          </Button>
        </div>
        {own.length === 0 && <p className="note">{t('webhooks.noOwn')}</p>}
        <Endpoints webhooks={own} onSecret={setSecret} heading="h3" />
      </section>
      <section className="grid min-w-0 gap-3" aria-labelledby="common-title">
        <h2 id="common-title">{t('webhooks.common')}</h2>
        <p className="note">{t(common.length === 0 ? 'webhooks.noCommon' : 'webhooks.commonHint')}</p>
        <Endpoints webhooks={common} onSecret={setSecret} heading="h3" />
      </section>
      {adds && (
        <WebhookForm
          webhook={null}
          session={{ id, name }}
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
