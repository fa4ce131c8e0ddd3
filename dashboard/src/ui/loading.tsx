import { LoaderCircle } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { sayError } from '../words/say.ts';
import { Button } from './button.tsx';

export function Loading() {
  const { t } = useTranslation();
  return (
    <p role="status" className="flex items-center gap-2 p-6 text-faint">
      <LoaderCircle aria-hidden className="spin size-5" /> {t('loading')}
    </p>
  );
}

export function Failed({ error, onRetry }: { error: unknown; onRetry?(): void }) {
  const { t } = useTranslation();
  return (
    <div role="alert" className="card grid justify-items-start gap-3 border-bad">
      <p className="text-bad">{sayError(error)}</p>
      {onRetry && <Button onClick={onRetry}>{t('again')}</Button>}
    </div>
  );
}
