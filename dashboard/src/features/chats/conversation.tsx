/** One chat: its messages, the newest below, and what is written next. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import type { Chat, Message, Session } from '@zapfleet/sdk';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEvents } from '../../app/live.tsx';
import { usePerson } from '../../app/person.tsx';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Failed, Loading } from '../../ui/loading.tsx';
import { chatsKey } from './chats-key.ts';
import { Composer } from './composer.tsx';
import { Bubble } from './bubble.tsx';

const PAGE = 50;
const TYPING_MS = 10_000;
/** So near to the end counts as there. */
const NEAR_PX = 40;

export function Conversation({ session, chatId, chat }: { session: Session; chatId: string; chat: Chat | null }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { may } = usePerson();
  const { id } = session;
  const [quoted, setQuoted] = useState<Message | null>(null);
  const [edited, setEdited] = useState<Message | null>(null);
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
  const messages = data ? data.pages.flatMap((page) => page.data).reverse() : [];
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
  const mayWrite = may('agent');
  useEffect(() => {
    if (unread === 0 || !isConnected || !mayWrite) return;
    server
      .markChatRead({ path: { id, chatId }, body: {} })
      .then(() => queries.invalidateQueries({ queryKey: chatsKey(id) }))
      // It stays unread, as the list shows.
      .catch(() => undefined);
  }, [unread, isConnected, mayWrite, id, chatId, queries]);

  useEffect(() => {
    if (isConnected && mayWrite) server.subscribePresence({ path: { id, chatId } }).catch(() => undefined);
  }, [isConnected, mayWrite, id, chatId]);
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
          {messages.map((message) => (
            <Bubble
              key={message.id}
              message={message}
              session={session}
              quoted={messages.find((one) => one.id === message.quotedId) ?? null}
              onReply={mayWrite ? setQuoted : null}
              onEdit={setEdited}
            />
          ))}
        </div>
      </div>
      <p role="status" className="note px-3 empty:hidden">
        {typing ? t('chats.typing') : ''}
      </p>
      {mayWrite && (
        <Composer
          key={edited?.id ?? 'new'}
          session={session}
          to={chatId}
          quoted={quoted}
          edited={edited}
          onDone={() => {
            setQuoted(null);
            setEdited(null);
          }}
        />
      )}
    </>
  );
}
