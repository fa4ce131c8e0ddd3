/** One simulated phone: what its screen shows, what it writes, and what it is linked with. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Answer } from '@zapfleet/sdk';
import { Eye, ScanLine, SendHorizontal } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { useSessions } from '../../app/sessions.ts';
import { Button } from '../../ui/button.tsx';
import { Choice } from '../../ui/field.tsx';
import { useAct } from '../../ui/use-act.ts';
import { usePhoneNumbers } from '../../words/phone-number.ts';
import { sayBriefly } from '../../words/say.ts';
import { LOOK_AGAIN_MS, phonesKey } from './phones-key.ts';

type Shown = Answer<'readSandboxScreen'>['data'][number];
type Other = { phoneNumber: string; name: string };

const LAST = 50;
const shownStatuses = ['sent', 'delivered', 'received', 'read', 'played'] as const;

export function Phone({ phoneNumber, name, others }: { phoneNumber: string; name: string; others: readonly Other[] }) {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const formatted = usePhoneNumbers();
  const [busy, act] = useAct();
  const [to, setTo] = useState('');
  const [text, setText] = useState('');
  const screenKey = ['sandbox', 'screen', phoneNumber];
  const path = { phone: phoneNumber };
  const { data: screen = [] } = useQuery({
    queryKey: screenKey,
    queryFn: async ({ signal }) =>
      (await server.readSandboxScreen({ path, query: { limit: 1000 }, signal })).data.slice(-LAST),
    refetchInterval: LOOK_AGAIN_MS,
  });
  const { data: phone } = useQuery({
    queryKey: [...phonesKey, phoneNumber],
    queryFn: ({ signal }) => server.getSandboxPhone({ path, signal }),
    refetchInterval: LOOK_AGAIN_MS,
  });
  const { data: sessions = [] } = useSessions();
  const waiting = sessions.filter((one) => one.network === 'sandbox' && one.state === 'linking');
  const devices = phone?.devices ?? [];
  const nameOf = (number: string): string =>
    others.find((one) => one.phoneNumber === number)?.name ?? formatted(number);
  const list = useRef<HTMLDivElement>(null);
  const newest = screen.at(-1);
  const newestId = newest?.id;
  useEffect(() => {
    if (newestId !== undefined) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [newestId]);
  const seen = (): Promise<void> => queries.invalidateQueries({ queryKey: ['sandbox'] });
  const statusWord = (status: string): string => {
    const known = shownStatuses.find((one) => one === status);
    return known ? t(`sandbox.status.${known}`) : status;
  };
  const kindWord = (kind: string): string => (i18n.exists(`kind.${kind}`) ? t(`kind.${kind}` as 'kind.image') : kind);
  const partner = newest?.from === phoneNumber ? newest.to : newest?.from;
  // Whoever was spoken with last, until one is chosen or something is written.
  const receiver = to !== '' ? to : (others.find((one) => one.phoneNumber === partner) ?? others[0])?.phoneNumber;

  return (
    <section
      className="grid h-full grid-rows-[auto_auto_1fr] overflow-hidden rounded-3xl border-4 border-line bg-card"
      aria-label={`${name} ${formatted(phoneNumber)}`}
      data-phone={phoneNumber}
    >
      <header className="bg-accent px-4 py-3 text-on-accent">
        <h2 className="truncate">{name}</h2>
        <p className="text-sm tabular-nums">{formatted(phoneNumber)}</p>
      </header>
      <div
        ref={list}
        role="log"
        aria-label={t('sandbox.screen')}
        tabIndex={0}
        className="grid h-72 content-start gap-1.5 overflow-y-auto bg-ground p-2.5 text-sm"
      >
        {screen.length === 0 && <p className="note m-auto pt-24 text-center">{t('sandbox.empty')}</p>}
        {screen.map((message) => (
          <div
            key={message.id}
            className={`max-w-[85%] rounded-lg border border-line px-2.5 py-1.5 ${message.from === phoneNumber ? 'justify-self-end bg-mine' : 'justify-self-start bg-theirs'}`}
          >
            <p className="text-xs font-medium text-accent">
              {message.from === phoneNumber ? t('sandbox.toName', { name: nameOf(message.to) }) : nameOf(message.from)}
            </p>
            {message.media && <p>{[kindWord(message.type), message.media.filename].filter(Boolean).join(': ')}</p>}
            <p className="whitespace-pre-wrap empty:hidden">
              {said(message) ?? (message.media ? null : kindWord(message.type))}
            </p>
            <p className="text-right text-xs text-faint">
              {sayBriefly(message.timestamp)} · {statusWord(message.status)}
            </p>
          </div>
        ))}
      </div>
      <div className="grid content-start gap-2 border-t border-line p-3">
        {others.length > 0 && (
          <>
            <Choice label={t('sandbox.to')} unseen value={receiver} onChange={({ target }) => setTo(target.value)}>
              {others.map((one) => (
                <option key={one.phoneNumber} value={one.phoneNumber}>
                  {t('sandbox.toName', { name: one.name })}
                </option>
              ))}
            </Choice>
            <form
              className="flex gap-2"
              onSubmit={(event) => {
                event.preventDefault();
                if (text.trim() === '' || receiver === undefined) return;
                void act(async () => {
                  await server.writeFromSandboxPhone({ path, body: { to: receiver, text } });
                  setText('');
                  await seen();
                });
              }}
            >
              <input
                className="input"
                aria-label={t('sandbox.write')}
                placeholder={t('chats.text')}
                maxLength={4096}
                value={text}
                onChange={({ target }) => {
                  setText(target.value);
                  // What comes in meanwhile is not to change whom it is for.
                  setTo(receiver ?? '');
                }}
              />
              <Button type="submit" look="primary" busy={busy} aria-label={t('chats.send')}>
                <SendHorizontal aria-hidden className="size-4" />
              </Button>
            </form>
          </>
        )}
        <Button
          icon={<Eye aria-hidden className="size-4" />}
          onClick={() =>
            void act(async () => {
              await server.readSandboxScreen({ path, query: { read: 'true' } });
              await seen();
            })
          }
        >
          {t('sandbox.read')}
        </Button>
        {waiting.map((session) => (
          <Button
            key={session.id}
            busy={busy}
            icon={<ScanLine aria-hidden className="size-4 shrink-0" />}
            onClick={() =>
              void act(async () => {
                await server.scanWithSandboxPhone({ path, body: { sessionId: session.id } });
                await seen();
              })
            }
          >
            {t('sandbox.scan', { name: session.name })}
          </Button>
        ))}
        {devices.length > 0 && (
          <ul className="grid gap-1 text-sm" aria-label={t('sandbox.devices')}>
            {devices.map(({ device, jid, online }) => (
              <li key={jid} className="flex items-center justify-between gap-2">
                <span>
                  {t('sandbox.device', { device })}{' '}
                  <span className="note">{t(online ? 'sandbox.online' : 'sandbox.offline')}</span>
                </span>
                <Button
                  look="danger"
                  className="shrink-0 sm:min-h-8 px-2 py-1 whitespace-nowrap"
                  onClick={() =>
                    void act(async () => {
                      await server.unlinkSandboxDevice({ path: { ...path, device: String(device) } });
                      await seen();
                    })
                  }
                >
                  {t('sandbox.unlink')}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

function said({ text, caption, question, emoji, name }: Shown): string | undefined {
  return text ?? caption ?? question ?? emoji ?? name;
}
