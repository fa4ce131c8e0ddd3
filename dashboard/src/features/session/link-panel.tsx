/** Linking a phone: by QR code, by a code that is typed, or by a page for somebody elsewhere. */
import { useQuery } from '@tanstack/react-query';
import { type Session, ZapfleetError } from '@zapfleet/sdk';
import { ScanLine } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '../../app/engines.ts';
import { useEvents } from '../../app/live.tsx';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { CopyLine } from '../../ui/copy.tsx';
import { Countdown } from '../../ui/countdown.tsx';
import { Field } from '../../ui/field.tsx';
import { type Filled, Form } from '../../ui/form.tsx';
import { Loading } from '../../ui/loading.tsx';
import { QrFigure } from '../../ui/qr-figure.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { useAct } from '../../ui/use-act.ts';
import { useIsPast } from '../../ui/use-is-past.ts';
import { sayTime } from '../../words/say.ts';

const ways = ['qr', 'code', 'page'] as const;
type Way = (typeof ways)[number];

export function LinkPanel({ session }: { session: Session }) {
  const { t } = useTranslation();
  const [way, setWay] = useState<Way>('qr');
  const can = useCan(session);
  const offered = ways.filter((one) => one !== 'code' || can('pairing_code'));
  return (
    <section className="card grid gap-4" aria-labelledby="link-title">
      <h2 id="link-title">{t('link.title')}</h2>
      <Tabs
        label={t('link.title')}
        tabs={offered.map((key) => ({ key, label: t(`link.by.${key}`) }))}
        chosen={way}
        onChoose={setWay}
      >
        {way === 'qr' && <QrCode session={session} />}
        {way === 'code' && <TypedCode session={session} />}
        {way === 'page' && <CustomerPage session={session} />}
      </Tabs>
    </section>
  );
}

function QrCode({ session: { id, network } }: { session: Session }) {
  const { t } = useTranslation();
  const { data: qr, refetch } = useQuery({
    queryKey: ['qr', id],
    queryFn: async ({ signal }) => {
      try {
        return await server.getQr({ path: { id }, query: { wait: 20 }, signal });
      } catch (error) {
        if (error instanceof ZapfleetError && error.code === 'qr_unavailable') return null;
        throw error;
      }
    },
    // A code is good for a moment only.
    staleTime: 0,
    gcTime: 0,
  });
  useEvents((event) => {
    if (event.type === 'session.qr' && event.session.id === id) void refetch();
  });
  return (
    <div className="grid items-start gap-4 sm:grid-cols-[auto_minmax(0,1fr)]">
      {qr ? (
        <QrFigure qr={qr} />
      ) : (
        <div className="grid size-66 place-items-center rounded-lg border border-dashed border-line">
          <Loading />
        </div>
      )}
      <div className="grid gap-3">
        {network === 'whatsapp' ? (
          <ol className="grid list-decimal gap-1.5 pl-5">
            <li>{t('link.step1')}</li>
            <li>{t('link.step2')}</li>
            <li>{t('link.step3')}</li>
          </ol>
        ) : (
          <SandboxScan sessionId={id} disabled={!qr} />
        )}
      </div>
    </div>
  );
}

function SandboxScan({ sessionId, disabled }: { sessionId: string; disabled: boolean }) {
  const { t } = useTranslation();
  const [busy, act] = useAct();
  const scan = (): Promise<boolean> =>
    act(async () => {
      const { data } = await server.listSandboxPhones();
      const free = data.find(({ devices }) => devices.length === 0);
      const { phoneNumber } = free ?? (await server.createSandboxPhone({ body: {} }));
      await server.scanWithSandboxPhone({ path: { phone: phoneNumber }, body: { sessionId } });
    });
  return (
    <>
      <p>{t('link.sandboxHint')}</p>
      <div>
        <Button
          look="primary"
          busy={busy}
          disabled={disabled}
          icon={<ScanLine aria-hidden className="size-4" />}
          onClick={() => void scan()}
        >
          {t('link.sandboxScan')}
        </Button>
      </div>
    </>
  );
}

function TypedCode({ session: { id } }: { session: Session }) {
  const { t } = useTranslation();
  const [busy, act] = useAct();
  const [code, setCode] = useState<{ code: string; expiresAt: string } | null>(null);
  const isOver = useIsPast(code?.expiresAt);
  const ask = ({ text }: Filled): void => {
    const phoneNumber = text('phone');
    void act(async () => setCode(await server.requestPairingCode({ path: { id }, body: { phoneNumber } })));
  };
  return (
    <div className="grid gap-4">
      <p>{t('link.codeHint')}</p>
      <Form className="flex flex-wrap items-end gap-2" onSubmit={ask}>
        <div className="min-w-56 grow">
          <Field
            label={t('link.number')}
            name="phone"
            type="tel"
            required
            maxLength={40}
            autoComplete="off"
            placeholder="+55 11 98765-4321"
          />
        </div>
        <Button type="submit" look="primary" busy={busy}>
          {t('link.getCode')}
        </Button>
      </Form>
      {isOver && (
        <p role="status" className="text-busy">
          {t('link.codeOver')}
        </p>
      )}
      {code && !isOver && (
        <p role="status" className="grid justify-items-start gap-1">
          <span className="rounded-lg bg-raised px-4 py-2 font-mono text-2xl font-semibold tracking-widest">
            {code.code}
          </span>
          <span className="note">
            {t('link.validFor')} <Countdown key={code.expiresAt} until={code.expiresAt} />
          </span>
        </p>
      )}
    </div>
  );
}

function CustomerPage({ session: { id } }: { session: Session }) {
  const { t } = useTranslation();
  const [busy, act] = useAct();
  const [link, setLink] = useState<{ url: string; expiresAt: string } | null>(null);
  return (
    <div className="grid justify-items-start gap-3">
      <p>{t('link.pageHint')}</p>
      {link ? (
        <div className="grid w-full gap-2">
          <CopyLine text={link.url} label={t('link.by.page')} />
          <p className="note">{t('link.pageUntil', { time: sayTime(link.expiresAt) })}</p>
          <div>
            <Button
              busy={busy}
              onClick={() =>
                void act(async () => {
                  await server.revokePairingLink({ path: { id } });
                  setLink(null);
                })
              }
            >
              {t('link.revoke')}
            </Button>
          </div>
        </div>
      ) : (
        <Button
          look="primary"
          busy={busy}
          onClick={() => void act(async () => setLink(await server.createPairingLink({ path: { id }, body: {} })))}
        >
          {t('link.makePage')}
        </Button>
      )}
    </div>
  );
}
