/** A customer without an account links his phone: shows the QR code of one session and says how it ended. */
import { ZapfleetError, type PairingPage as Page } from '@zapfleet/sdk';
import { CircleCheck } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { visitor } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Loading } from '../../ui/loading.tsx';
import { QrFigure } from '../../ui/qr-figure.tsx';
import { sayError } from '../../words/say.ts';
import { takeToken } from '../door/one-time.ts';
import { Outside } from '../door/outside.tsx';

const EVERY_MS = 2000;
/** A function, because it changes while we wait. */
const isOver = (signal: AbortSignal): boolean => signal.aborted;
const waits = ({ state }: Page): boolean => state === 'connecting' || state === 'linking' || state === 'waiting';

export function PairingPage() {
  const { t } = useTranslation();
  const [token] = useState(takeToken);
  const [page, setPage] = useState<Page | null>(null);
  const [error, setError] = useState<unknown>(null);
  /** Counts how often a code was asked for. */
  const [asked, setAsked] = useState(0);

  const follow = useCallback(
    async (signal: AbortSignal) => {
      if (token === null) return;
      let show = true;
      let hasCode = false;
      while (!signal.aborted) {
        try {
          const next = await visitor.openPairingLink({ body: { token, show, wait: hasCode ? 0 : 20 }, signal });
          setPage(next);
          setError(null);
          show = false;
          hasCode = next.qr !== null;
          if (next.linked || !waits(next)) return;
        } catch (refusal) {
          if (isOver(signal)) return;
          setError(refusal);
          // Only the way to the server may come back by itself.
          const passes =
            refusal instanceof ZapfleetError &&
            (refusal.code === 'unreachable' || refusal.code === 'too_many_requests');
          if (!passes) return;
        }
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      }
    },
    [token],
  );
  useEffect(() => {
    const end = new AbortController();
    void follow(end.signal);
    return () => end.abort();
  }, [follow, asked]);

  if (token === null || (error !== null && page === null))
    return (
      <Outside title={t('pairing.untitled')}>
        <p role="alert" className="text-bad">
          {token === null ? t('error.link_invalid') : sayError(error)}
        </p>
      </Outside>
    );
  if (page === null)
    return (
      <Outside title={t('pairing.untitled')}>
        <Loading />
      </Outside>
    );
  const { qr, linked } = page;
  return (
    <Outside title={t('pairing.title', { name: isolated(page.name) })}>
      <p role="status" className="flex items-center gap-2">
        {linked && <CircleCheck aria-hidden className="size-6 shrink-0 text-good" />}
        {linked ? t('pairing.done') : waits(page) ? t(qr ? 'link.scan' : 'link.coming') : t('pairing.stopped')}
      </p>
      {qr && <QrFigure qr={qr} />}
      {qr && <p className="note sm:hidden">{t('pairing.otherScreen')}</p>}
      {error !== null && (
        <p role="alert" className="text-sm text-bad">
          {sayError(error)}
        </p>
      )}
      {!linked && !waits(page) && (
        <Button look="primary" onClick={() => setAsked(asked + 1)}>
          {t('pairing.again')}
        </Button>
      )}
    </Outside>
  );
}

/** A name that is written from right to left leaves the words around it where they are. */
const isolated = (name: string): string => `\u2068${name}\u2069`;
