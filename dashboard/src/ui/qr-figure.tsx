import { useTranslation } from 'react-i18next';
import { Countdown } from './countdown.tsx';

/** A QR code as it is to be scanned, and how long it is until the next. */
export function QrFigure({ qr }: { qr: { png: string; attempt: number; expiresAt: string } }) {
  const { t } = useTranslation();
  return (
    <figure className="grid justify-items-center gap-2">
      <img
        src={qr.png}
        alt={t('link.picture', { attempt: qr.attempt })}
        width="264"
        height="264"
        className="rounded-lg border border-line bg-white p-2"
      />
      <figcaption className="note">
        {t('link.code')} <Countdown key={qr.expiresAt} until={qr.expiresAt} />
      </figcaption>
    </figure>
  );
}
