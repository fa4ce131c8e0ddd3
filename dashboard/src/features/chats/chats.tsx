/** The chats of a session: who wrote last first, and one of them open. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Chat, Session } from '@zapfleet/sdk';
import { ArrowLeft, SquarePen, Users } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEvents } from '../../app/live.tsx';
import { usePerson } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { Field } from '../../ui/field.tsx';
import { Form } from '../../ui/form.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { finder } from '../../words/finder.ts';
import { usePhoneNumbers } from '../../words/phone-number.ts';
import { counted, sayBriefly, sayNumber } from '../../words/say.ts';
import { Button } from '../../ui/button.tsx';
import { Conversation } from './conversation.tsx';
import { useBrief } from './brief.ts';
import { chatsKey } from './chats-key.ts';

const ASK_AFTER_MS = 300;

/** A name or a number that tells a chat from others. */
export function useChatName(): (chat: Chat) => string {
  const phone = usePhoneNumbers();
  return ({ name, contact, id }) => name ?? (contact?.phoneNumber ? phone(contact.phoneNumber) : id);
}

export function Chats({ session }: { session: Session }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { may } = usePerson();
  const nameOf = useChatName();
  const phone = usePhoneNumbers();
  const { id } = session;
  const [open, setOpen] = useState<string | null>(null);
  const [isNew, setNew] = useState(false);
  const [text, setText] = useState('');
  const { data, error, refetch } = useQuery({
    queryKey: chatsKey(id),
    queryFn: async ({ signal }) => (await server.listChats({ path: { id }, query: { limit: 1000 }, signal })).data,
  });
  const asking = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEvents((event) => {
    if (event.session?.id !== id || !/^(message|contact|group)\./.test(event.type)) return;
    asking.current ??= setTimeout(() => {
      asking.current = null;
      void queries.invalidateQueries({ queryKey: chatsKey(id) });
      void queries.invalidateQueries({ queryKey: ['messages', id] });
    }, ASK_AFTER_MS);
  });
  const shown = useMemo(() => {
    const fits = finder(text);
    return (data ?? []).filter((chat) => fits(`${nameOf(chat)} ${chat.contact?.phoneNumber ?? ''}`));
  }, [data, text, nameOf]);
  const chat = data?.find((one) => one.id === open);

  if (error) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  return (
    // What stands above it: the page's head and the session's, which goes on a small screen while a conversation is open.
    <div
      data-conversation={open === null ? undefined : ''}
      className={`grid max-h-184 overflow-hidden rounded-xl border border-line bg-card md:grid-cols-[18rem_minmax(0,1fr)] ${open === null ? 'h-[max(24rem,100dvh-18.5rem)]' : 'h-[max(16rem,100dvh-6.5rem)] sm:h-[max(16rem,100dvh-7.5rem)] md:h-[max(24rem,100dvh-18.5rem)]'} lg:h-[max(24rem,100dvh-14.5rem)]`}
    >
      <div className={`${open === null ? 'flex' : 'hidden'} min-h-0 min-w-0 flex-col border-line md:flex md:border-r`}>
        <div className="flex items-center gap-2 border-b border-line p-2">
          <div className="relative grow">
            <SearchField label={t('chats.search')} value={text} onText={setText} />
          </div>
          {may('agent') && (
            <button
              type="button"
              className="button px-2.5"
              aria-label={t('chats.new')}
              title={t('chats.new')}
              onClick={() => setNew(!isNew)}
            >
              <SquarePen aria-hidden className="size-5" />
            </button>
          )}
        </div>
        {isNew && (
          <Form
            className="grid gap-2 border-b border-line p-3"
            onSubmit={({ text: field }) => {
              setOpen(field('to'));
              setNew(false);
            }}
          >
            <Field
              label={t('chats.to')}
              name="to"
              type="tel"
              required
              maxLength={100}
              autoFocus
              autoComplete="off"
              placeholder="+55 11 98765-4321"
            />
            <Button type="submit" look="primary">
              {t('chats.write')}
            </Button>
          </Form>
        )}
        <ul className="min-h-0 grow overflow-y-auto" aria-label={t('session.tab.chats')}>
          {shown.map((one) => (
            <li key={one.id}>
              <ChatRow chat={one} isOpen={one.id === open} onOpen={() => setOpen(one.id)} />
            </li>
          ))}
          {shown.length === 0 && (
            <li className="note p-6 text-center">{t(data.length === 0 ? 'chats.none' : 'chats.noneFits')}</li>
          )}
        </ul>
      </div>
      <div className={`${open === null ? 'hidden' : 'flex'} min-h-0 min-w-0 flex-col md:flex`}>
        {open === null ? (
          <p className="note m-auto p-6 text-center">{t(data.length === 0 ? 'chats.appear' : 'chats.choose')}</p>
        ) : (
          <>
            <div className="flex min-h-[calc(3.5rem+1px)] items-center gap-2 border-b border-line px-3 py-2">
              <button
                type="button"
                className="button button-quiet px-2 md:hidden"
                aria-label={t('chats.back')}
                onClick={() => setOpen(null)}
              >
                <ArrowLeft aria-hidden className="size-5" />
              </button>
              <div className="min-w-0 *:truncate *:leading-5">
                <h2>{chat ? nameOf(chat) : open}</h2>
                {chat?.name != null && chat.contact?.phoneNumber != null && (
                  <p className="note">{phone(chat.contact.phoneNumber)}</p>
                )}
              </div>
            </div>
            <Conversation key={open} session={session} chatId={open} chat={chat ?? null} />
          </>
        )}
      </div>
    </div>
  );
}

function ChatRow({ chat, isOpen, onOpen }: { chat: Chat; isOpen: boolean; onOpen(): void }) {
  const { t } = useTranslation();
  const nameOf = useChatName();
  const brief = useBrief();
  const { lastMessage, unreadCount, kind } = chat;
  return (
    <button
      type="button"
      aria-current={isOpen || undefined}
      onClick={onOpen}
      className={`grid w-full grid-cols-[minmax(0,1fr)] gap-0.5 border-b border-line px-3 py-2.5 text-left ${isOpen ? 'bg-tint' : 'hover:bg-raised'}`}
    >
      <span className="flex items-baseline justify-between gap-2">
        <span className="flex min-w-0 items-center gap-1.5">
          {kind === 'group' && <Users aria-hidden className="size-4 shrink-0 text-faint" />}
          <span className="truncate font-medium">{nameOf(chat)}</span>
        </span>
        {lastMessage && <span className="note shrink-0 text-xs">{sayBriefly(lastMessage.timestamp)}</span>}
      </span>
      <span className="flex items-center justify-between gap-2">
        <span className="note truncate">{lastMessage ? brief(lastMessage.content) : ''}</span>
        {unreadCount > 0 && (
          <span
            className="shrink-0 rounded-full bg-accent px-2 text-xs font-semibold text-on-accent"
            aria-label={t('chats.unread', counted(unreadCount))}
          >
            {sayNumber(unreadCount)}
          </span>
        )}
      </span>
    </button>
  );
}
