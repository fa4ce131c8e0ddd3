/** One message as it was said, with what became of it and what can be done with it. All of it is text, whatever it looks like. */
import type { Message, Session } from '@zapfleet/sdk';
import { Check, CheckCheck, CircleAlert, Clock, Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '../../app/engines.ts';
import { server } from '../../app/server.ts';
import { sayMessageError, sayTime } from '../../words/say.ts';
import { useBrief } from './brief.ts';
import { Content } from './content.tsx';
import type { Change } from './use-optimistic-changes.ts';

type Props = {
  message: Message;
  session: Session;
  quoted: Message | null;
  /** null: nothing may be done with it. */
  onReply: ((message: Message) => void) | null;
  onEdit(message: Message, text: string): void;
  change: Change;
};

const quick = ['👍', '❤️', '😂', '🙏'];
const over = new Set(['failed', 'expired', 'cancelled']);

export function Bubble({ message, session, quoted, onReply, onEdit, change }: Props) {
  const { t } = useTranslation();
  const brief = useBrief();
  const { direction, from, chat, content, status, error, reactions = [], editedAt, forwarded, timestamp } = message;
  const [isOpen, setOpen] = useState(false);
  const isMine = direction === 'out';
  // What is not in the store yet has nothing that can be done with it.
  const mayAct = onReply !== null && content.type !== 'revoked' && message.waId !== '';
  // What waits while nothing is in its way keeps the limits of its session, or has just been written.
  const why =
    session.state === 'connected'
      ? t('chats.waitsForTurn')
      : t('chats.waitsFor', { state: t(`state.${session.state}`) });
  const isGroup = chat.endsWith('@g.us');
  return (
    <article
      aria-label={t(isMine ? 'chats.mine' : 'chats.theirs', { time: sayTime(timestamp) })}
      className={`group relative grid max-w-[85%] gap-1 rounded-xl border border-line px-3 py-2 ${isMine ? 'justify-self-end bg-mine' : 'justify-self-start bg-theirs'}`}
    >
      {isGroup && !isMine && (
        <p className="text-sm font-medium text-accent">{from.phoneNumber ? `+${from.phoneNumber}` : from.jid}</p>
      )}
      {forwarded && <p className="note italic">{t('chats.forwarded')}</p>}
      {quoted && (
        <p className="truncate rounded border-l-4 border-accent bg-ground/60 px-2 py-1 text-sm">
          {brief(quoted.content)}
        </p>
      )}
      <Content message={message} />
      {reactions.length > 0 && (
        <p className="text-sm" aria-label={t('chats.reactions')}>
          {reactions.map(({ emoji }) => emoji).join(' ')}
        </p>
      )}
      <p className="flex items-center justify-end gap-1.5 text-xs text-faint">
        {editedAt !== undefined && <span>{t('chats.edited')}</span>}
        <time dateTime={timestamp}>{sayTime(timestamp, 'time')}</time>
        {isMine && <Status status={status} />}
        {mayAct && (
          <button
            type="button"
            aria-expanded={isOpen}
            aria-label={t('chats.more')}
            className="-my-3 -mr-2 rounded p-3 hover:bg-raised sm:-my-1 sm:mr-0 sm:p-1"
            onClick={() => setOpen(!isOpen)}
          >
            <Ellipsis aria-hidden className="size-4" />
          </button>
        )}
      </p>
      {isMine && (over.has(status) || status === 'queued') && (
        <p className={`text-sm ${status === 'queued' ? 'text-busy' : 'text-bad'}`}>
          {[t(`messageStatus.${status}`), error ? sayMessageError(error) : status === 'queued' ? why : null]
            .filter(Boolean)
            .join(': ')}
        </p>
      )}
      {mayAct && isOpen && (
        <Actions message={message} session={session} onReply={onReply} onEdit={onEdit} change={change} />
      )}
    </article>
  );
}

function Status({ status }: Pick<Message, 'status'>) {
  const { t } = useTranslation();
  const look = {
    className: `size-4 ${status === 'read' || status === 'played' ? 'text-accent' : ''}`,
    'aria-hidden': true,
  } as const;
  return (
    <span data-status={status} title={t(`messageStatus.${status}`)}>
      {status === 'sent' ? (
        <Check {...look} />
      ) : status === 'queued' || status === 'sending' ? (
        <Clock {...look} />
      ) : over.has(status) ? (
        <CircleAlert aria-hidden className="size-4 text-bad" />
      ) : (
        <CheckCheck {...look} />
      )}
      <span className="sr-only">{t(`messageStatus.${status}`)}</span>
    </span>
  );
}

type ActionsProps = Pick<Props, 'message' | 'session' | 'onEdit' | 'change'> & { onReply(message: Message): void };

function Actions({ message, session, onReply, onEdit, change }: ActionsProps) {
  const { t } = useTranslation();
  const { id, sessionId, chat, content, direction, status, reactions = [] } = message;
  const { account } = session;
  const can = useCan(session);
  const isMine = (from: string): boolean => from === account?.jid || from === account?.lid;
  const given = reactions.find(({ from }) => isMine(from))?.emoji ?? null;
  const react = (emoji: string | null): void => {
    const others = reactions.filter(({ from }) => !isMine(from));
    const mine = emoji === null ? [] : [{ from: account?.jid ?? '', emoji, at: new Date().toISOString() }];
    const look = (now: Message): Message => ({ ...now, reactions: [...others, ...mine] });
    void change(message, look, async () => {
      const body = { type: 'reaction', to: chat, messageId: id, emoji } as const;
      return (await server.sendMessage({ path: { id: sessionId }, body })).status !== 'queued';
    });
  };
  const takeBack = (): void => {
    const look = (now: Message): Message =>
      status === 'queued' ? { ...now, status: 'cancelled' } : { ...now, content: { type: 'revoked' } };
    void change(message, look, async () => {
      const now = await server.revokeMessage({ path: { id } });
      return now.status === 'cancelled' || now.revokedAt !== undefined;
    });
  };
  const small =
    'rounded px-1.5 py-0.5 text-xs font-medium text-accent hover:bg-raised aria-pressed:bg-raised max-sm:min-h-10 max-sm:min-w-10 max-sm:text-sm';
  return (
    <div className="flex flex-wrap justify-end gap-1 pt-1">
      {can('reaction') &&
        quick.map((emoji) => (
          <button
            key={emoji}
            type="button"
            className={small}
            aria-pressed={given === emoji}
            aria-label={t('chats.react', { emoji })}
            onClick={() => react(given === emoji ? null : emoji)}
          >
            {emoji}
          </button>
        ))}
      <button type="button" className={small} onClick={() => onReply(message)}>
        {t('chats.reply')}
      </button>
      {can('edit') && direction === 'out' && content.type === 'text' && !over.has(status) && status !== 'queued' && (
        <button type="button" className={small} onClick={() => onEdit(message, content.text)}>
          {t('chats.edit')}
        </button>
      )}
      {(can('revoke') || status === 'queued') && direction === 'out' && !over.has(status) && (
        <button type="button" className={small} onClick={takeBack}>
          {t(status === 'queued' ? 'chats.cancelMessage' : 'chats.revoke')}
        </button>
      )}
    </div>
  );
}
