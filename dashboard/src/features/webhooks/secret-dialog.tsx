import { useTranslation } from 'react-i18next';
import { CopyLine } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';

export function SecretDialog({ secret, onClose }: { secret: string; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t('webhooks.secret')} onClose={onClose}>
      <p className="mb-3">{t('webhooks.secretHint')}</p>
      <CopyLine text={secret} label={t('webhooks.secret')} />
    </Dialog>
  );
}
