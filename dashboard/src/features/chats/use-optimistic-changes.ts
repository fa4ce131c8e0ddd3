/** What was asked for shows at once, as if it were done; what the server refuses is taken back, and said why. */
import { useQueryClient } from '@tanstack/react-query';
import type { Message, Session } from '@zapfleet/sdk';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNotices } from '../../ui/notices.tsx';

/** A message that is not in the store yet, or how one that is there will look. `id`: of the message that it is about. */
type Optimistic = { key: number; id: string; add: Message | null; look(message: Message): Message };

const asItIs = (message: Message): Message => message;

export function useOptimisticChanges(session: Session, chatId: string) {
  const queries = useQueryClient();
  const { t } = useTranslation();
  const { fail, tell } = useNotices();
  const [pending, setPending] = useState<readonly Optimistic[]>([]);
  const count = useRef(0);
  const { id: sessionId } = session;

  /** Answers whether it was done or accepted. `ask` answers the id of what is in the store by then, where that is new. */
  const apply = async (asked: Omit<Optimistic, 'key'>, ask: () => Promise<string | null>): Promise<boolean> => {
    const key = ++count.current;
    setPending((all) => [...all, { ...asked, key }]);
    try {
      const id = await ask();
      if (id !== null) setPending((all) => all.map((one) => (one.key === key ? { ...one, id } : one)));
      // Only then, for else it would go before what it stands for comes.
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['messages', sessionId] }),
        queries.invalidateQueries({ queryKey: ['chats', sessionId] }),
      ]);
      return true;
    } catch (error) {
      fail(error);
      return false;
    } finally {
      setPending((all) => all.filter((one) => one.key !== key));
    }
  };

  return {
    /** The messages as they are, or will be, the newest last. */
    shown: (messages: readonly Message[]): Message[] => {
      const known = new Set(messages.map(({ id }) => id));
      const changed = messages.map((message) =>
        pending.reduce((now, { id, look }) => (id === message.id ? look(now) : now), message),
      );
      return [...changed, ...pending.flatMap(({ id, add }) => (add && !known.has(id) ? [{ ...add, id }] : []))];
    },
    /** `ask` answers whether it is done already. */
    change: (message: Message, look: Optimistic['look'], ask: () => Promise<boolean>): Promise<boolean> =>
      apply({ id: message.id, add: null, look }, async () => {
        if (!(await ask())) tell(t('chats.later'));
        return null;
      }),
    /** A text that was written just now. */
    write: (text: string, quoted: Message | null, ask: () => Promise<{ id: string }>): Promise<boolean> => {
      const now = new Date().toISOString();
      const me = { phoneNumber: null, lid: null, jid: '', resolved: false };
      const id = `msg_${count.current + 1}` as const;
      const add: Message = {
        id,
        waId: '',
        sessionId,
        direction: 'out',
        chat: chatId,
        from: me,
        to: me,
        type: 'text',
        content: { type: 'text', text, mentions: [], linkPreview: null },
        ...(quoted && { quotedId: quoted.id }),
        status: 'sending',
        timestamp: now,
        createdAt: now,
      };
      return apply({ id, add, look: asItIs }, async () => (await ask()).id);
    },
  };
}

export type Change = ReturnType<typeof useOptimisticChanges>['change'];
