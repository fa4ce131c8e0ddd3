import { type Session, ZapfleetError } from '@zapfleet/sdk';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { useEvents } from '../../app/live.tsx';
import { usePerson } from '../../app/person.tsx';
import { useSession } from '../../app/sessions.ts';
import { Age } from '../../ui/age.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { StateWord } from '../../ui/state.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { usePhoneNumbers } from '../../words/phone-number.ts';
import { Receipt, type ReceiptOf } from './receipt.tsx';
import { Metrics } from './metrics.tsx';
import { RawEvents } from './raw-events.tsx';
import { Settings } from './settings.tsx';
import { Summary } from './summary.tsx';

const tabs = ['summary', 'chats', 'metrics', 'webhooks', 'settings', 'events'] as const;
const forAdmins: readonly Tab[] = ['webhooks', 'settings'];
type Tab = (typeof tabs)[number];

type Screen = (session: Session) => ReactNode;

/** Screens of their own stand in this one. */
export function SessionPage({ chats, webhooks }: { chats: Screen; webhooks: Screen }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const phone = usePhoneNumbers();
  const { may } = usePerson();
  const { id = '', tab } = useParams();
  const { data: session, error, refetch } = useSession(id);
  const [receipt, setReceipt] = useState<ReceiptOf | null>(null);
  const [isGone, setGone] = useState(false);
  useEvents((event) => {
    if (event.type === 'session.deleted' && event.session.id === id) setGone(true);
  });
  const chosen: Tab = tabs.find((one) => one === tab) ?? 'summary';
  const receiptCard = receipt && <Receipt of={receipt} onClose={() => setReceipt(null)} />;
  const over = isGone || (error instanceof ZapfleetError && error.code === 'session_not_found');

  return (
    <div className="grid min-w-0 gap-5">
      <nav aria-label={t('path')} className="text-sm">
        <Link to="/app/sessions" className="link -my-2.5 inline-block py-2.5">
          {t('nav.sessions')}
        </Link>
      </nav>
      {receipt?.verb === 'delete' ? (
        receiptCard
      ) : over ? (
        <>
          <div className="card grid justify-items-start gap-3">
            <h1>{session?.name ?? t('session.one')}</h1>
            <p>{t('session.gone')}</p>
            <Link to="/app/sessions" className="button">
              {t('session.back')}
            </Link>
          </div>
          {receiptCard}
        </>
      ) : error && !session ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : !session ? (
        <Loading />
      ) : (
        <>
          <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <h1>{session.name}</h1>
            <p className="note flex flex-wrap items-center gap-x-2">
              <StateWord session={session} /> <Age since={session.stateSince} />
            </p>
            {/* The dot before what begins a line lies outside, to the left. */}
            <div className="note w-full overflow-hidden">
              <p className="-ml-4 flex flex-wrap">
                {[
                  session.label,
                  session.account?.pushName,
                  session.account && phone(session.account.phoneNumber),
                  session.engine,
                  session.network === 'sandbox' ? t('nav.sandbox') : 'WhatsApp',
                ]
                  .filter(Boolean)
                  .map((part, at) => (
                    <bdi key={at} className="relative pl-4 before:absolute before:left-1.5 before:content-['·']">
                      {part}
                    </bdi>
                  ))}
              </p>
            </div>
          </header>
          {receiptCard}
          <Tabs
            label={t('session.one')}
            tabs={tabs
              .filter((key) => may('admin') || !forAdmins.includes(key))
              .map((key) => ({ key, label: t(`session.tab.${key}`) }))}
            chosen={chosen}
            onChoose={(key) =>
              void navigate(`/app/sessions/${id}${key === 'summary' ? '' : `/${key}`}`, { replace: true })
            }
          >
            {chosen === 'summary' && <Summary session={session} onReceipt={setReceipt} />}
            {chosen === 'chats' && chats(session)}
            {chosen === 'metrics' && <Metrics session={session} />}
            {chosen === 'webhooks' && webhooks(session)}
            {chosen === 'settings' && <Settings key={session.id} session={session} />}
            {chosen === 'events' && <RawEvents sessionId={session.id} />}
          </Tabs>
        </>
      )}
    </div>
  );
}
