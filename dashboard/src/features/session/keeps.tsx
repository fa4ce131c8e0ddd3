import { useTranslation } from 'react-i18next';

/** What an ending keeps, and what it removes. */
export function Keeps({ ending }: { ending: 'disconnect' | 'stop' | 'logout' | 'delete' }) {
  const { t } = useTranslation();
  return (
    <dl className="grid gap-3">
      <div>
        <dt className="note">{t('ending.keeps')}</dt>
        <dd>{t(`ending.${ending}.keeps`)}</dd>
      </div>
      <div>
        <dt className="note">{t('ending.removes')}</dt>
        <dd>{t(`ending.${ending}.removes`)}</dd>
      </div>
    </dl>
  );
}
