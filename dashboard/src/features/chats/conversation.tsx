/** One chat: its messages, the newest below, and what is written next. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import type { Chat, Message, Session } from '@zapfleet/sdk';
import { Fragment, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEvents } from '../../app/live.tsx';
import { useCan } from '../../app/engines.ts';
import { usePerson } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { sayDay } from '../../words/say.ts';
import { chatsKey } from './chats-key.ts';
import { Composer } from './composer.tsx';
import { newKey } from './new-key.ts';
import { Bubble } from './bubble.tsx';
import { useOnline } from './use-online.ts';
import { useOptimisticChanges } from './use-optimistic-changes.ts';

/** `key`: of what was tried before. Where it was taken after all, the same words once more are the same message. */
type Draft = { text: string; quoted: Message | null; key: string | null };
type Edit = { text: string; edited: Message };
const noDraft: Draft = { text: '', quoted: null, key: null };

const PAGE = 50;
const TYPING_MS = 10_000;
/** So near to the end counts as there. */
const NEAR_PX = 40;

const dayOf = (message: Message | undefined): string | undefined =>
  message && new Date(message.timestamp).toDateString();

export function Conversation({ session, chatId, chat }: { session: Session; chatId: string; chat: Chat | null }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { may } = usePerson();
  const { id } = session;
  const [draft, setDraft] = useState<Draft>(noDraft);
  /** Another wording of a message that is there; what was begun before waits meanwhile. */
  const [edit, setEdit] = useState<Edit | null>(null);
  const { shown, change, write } = useOptimisticChanges(session, chatId);
  const [typing, setTyping] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const place = useRef({ top: 0, isEnd: true });
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['messages', id, chatId],
    queryFn: ({ pageParam, signal }) =>
      server.listMessages({
        path: { id },
        query: { chat: chatId, order: 'newest', limit: PAGE, ...(pageParam !== null && { before: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  const messages = shown(data ? data.pages.flatMap((page) => page.data).reverse() : []);
  const newest = messages.at(-1)?.id;

  useEffect(() => {
    if (newest !== undefined) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [newest]);
  useEffect(() => {
    if (!content.current || !list.current) return;
    // Pictures come later than their messages. Who looks at the newest goes on seeing it.
    const growth = new ResizeObserver(() => {
      if (place.current.isEnd) list.current?.scrollTo({ top: list.current.scrollHeight });
    });
    growth.observe(content.current);
    growth.observe(list.current);
    return () => growth.disconnect();
  }, []);

  // What is looked at is read.
  const unread = chat?.unreadCount ?? 0;
  const isConnected = session.state === 'connected';
  const can = useCan(session);
  const tellsRead = can('read_receipts');
  const mayWrite = may('agent');
  useEffect(() => {
    if (unread === 0 || !isConnected || !mayWrite || !tellsRead) return;
    server
      .markChatRead({ path: { id, chatId }, body: {} })
      .then(() => queries.invalidateQueries({ queryKey: chatsKey(id) }))
      // It stays unread, as the list shows.
      .catch(() => undefined);
  }, [unread, isConnected, mayWrite, tellsRead, id, chatId, queries]);

  useOnline(id, isConnected && mayWrite && can('presence') ? chatId : null);
  useEvents((event) => {
    if (event.type !== 'presence.updated' || event.session.id !== id || event.data.chat !== (chat?.id ?? chatId))
      return;
    setTyping(event.data.state === 'composing' || event.data.state === 'recording');
  });
  useEffect(() => {
    if (!typing) return;
    const timer = setTimeout(() => setTyping(false), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typing]);

  // What was refused is given back, where nothing else was begun meanwhile.
  const say = (said: Draft): void => {
    const { text, quoted } = said;
    const headers = { 'idempotency-key': said.key ?? newKey() };
    setDraft(noDraft);
    const body = { to: chatId, text: text.trim(), ...(quoted && { quoted: quoted.id }) };
    void write(body.text, quoted, () => server.sendMessage({ path: { id }, query: { wait: 0 }, headers, body })).then(
      (isAccepted) =>
        isAccepted || setDraft((now) => (now.text === '' ? { text, quoted, key: headers['idempotency-key'] } : now)),
    );
  };
  const reword = ({ edited, text }: Edit): void => {
    const words = text.trim();
    setEdit(null);
    void change(
      edited,
      (message) => ({ ...message, content: { ...message.content, text: words }, editedAt: new Date().toISOString() }),
      async () => {
        const { content } = await server.editMessage({ path: { id: edited.id }, body: { text: words } });
        return content.type === 'text' && content.text === words;
      },
    ).then((isAccepted) => isAccepted || setEdit((now) => now ?? { edited, text }));
  };

  return (
    <>
      <div
        ref={list}
        role="log"
        aria-label={t('chats.messages')}
        tabIndex={0}
        className="min-h-0 grow overflow-y-auto bg-ground p-3"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
          // Only who goes up leaves the end: what grew below does not take anybody away from it.
          const isEnd = isNear || (place.current.isEnd && scrollTop >= place.current.top);
          place.current = { top: scrollTop, isEnd };
        }}
      >
        <div ref={content} className="grid gap-2">
          {error && <Failed error={error} />}
          {!data && !error && <Loading />}
          {hasNextPage && (
            <Button className="justify-self-center" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {t('chats.older')}
            </Button>
          )}
          {messages.map((message, at) => (
            <Fragment key={message.id}>
              {dayOf(message) !== dayOf(messages[at - 1]) && (
                <p className="note justify-self-center">{sayDay(message.timestamp)}</p>
              )}
              <Bubble
                message={message}
                session={session}
                quoted={messages.find((one) => one.id === message.quotedId) ?? null}
                onReply={mayWrite ? (quoted) => setDraft((before) => ({ ...before, quoted, key: null })) : null}
                onEdit={(edited, text) => setEdit({ edited, text })}
                change={change}
              />
            </Fragment>
          ))}
        </div>
      </div>
      <p role="status" className="note px-3 empty:hidden">
        {typing ? t('chats.typing') : ''}
      </p>
      {mayWrite && (
        <Composer
          session={session}
          to={chatId}
          text={(edit ?? draft).text}
          quoted={draft.quoted}
          edited={edit?.edited ?? null}
          onType={(text) => (edit ? setEdit({ ...edit, text }) : setDraft({ ...draft, text, key: null }))}
          onText={edit ? () => reword(edit) : () => say(draft)}
          onFile={() => setDraft(noDraft)}
          onCancel={() => (edit ? setEdit(null) : setDraft({ ...draft, quoted: null, key: null }))}
        />
      )}
    </>
  );
}
