/** What is written next: a text, a file, a reply, or another wording of a message. */
import { useQueryClient } from '@tanstack/react-query';
import type { Message, Session } from '@zapfleet/sdk';
import { Paperclip, SendHorizontal, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '../../app/engines.ts';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { useAct } from '../../ui/use-act.ts';
import { useBrief } from './brief.ts';
import { newKey } from './new-key.ts';

type Props = {
  session: Session;
  to: string;
  text: string;
  quoted: Message | null;
  edited: Message | null;
  onType(text: string): void;
  onText(): void;
  /** Once it is sent, the text and what it answers with it. */
  onFile(): void;
  onCancel(): void;
};
const TYPING_EVERY_MS = 5000;

/** The kind that WhatsApp shows such a file as. */
function kindOf({ type }: File): 'image' | 'video' | 'audio' | 'document' {
  const [group] = type.split('/');
  if (type === 'image/jpeg' || type === 'image/png') return 'image';
  return group === 'video' || group === 'audio' ? group : 'document';
}

export function Composer({ session, to, text, quoted, edited, onType, onText, onFile, onCancel }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const brief = useBrief();
  const [busy, act] = useAct();
  const [chosen, setChosen] = useState<File | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const toldTyping = useRef(0);
  const { id } = session;
  const can = useCan(session);
  const about = edited ?? quoted;
  const file = edited ? null : chosen;
  useEffect(() => {
    if (about) field.current?.focus();
  }, [about]);

  const sendFile = (file: File): void =>
    void act(async () => {
      const type = kindOf(file);
      const { id: uploadId } = await server.upload(file);
      const caption = text.trim() !== '' && type !== 'audio' ? { caption: text.trim() } : {};
      const media = { uploadId, filename: file.name };
      await server.sendMessage({
        path: { id },
        query: { wait: 0 },
        headers: { 'idempotency-key': newKey() },
        body: { to, type, media, ...caption, ...(quoted && { quoted: quoted.id }) },
      });
      setChosen(null);
      onFile();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['messages', id] }),
        queries.invalidateQueries({ queryKey: ['chats', id] }),
      ]);
    });
  const send = (): void => {
    if (busy) return;
    if (file) sendFile(file);
    else if (text.trim() !== '') onText();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && about) onCancel();
    else if (can('typing') && session.state === 'connected' && Date.now() - toldTyping.current > TYPING_EVERY_MS) {
      toldTyping.current = Date.now();
      // Nice to have: what cannot be told is not told.
      server
        .setTyping({ path: { id, chatId: to }, body: { state: 'composing', ms: TYPING_EVERY_MS * 2 } })
        .catch(() => undefined);
    }
  };

  return (
    <div className="grid gap-2 border-t border-line p-2.5">
      {about && (
        <p className="flex items-center justify-between gap-2 rounded-lg border-l-4 border-accent bg-raised px-3 py-1.5 text-sm">
          <span className="truncate">
            <span className="font-medium">{t(edited ? 'chats.editing' : 'chats.replying')}</span> {brief(about.content)}
          </span>
          <button type="button" onClick={onCancel} aria-label={t('cancel')} className="-m-3 shrink-0 p-3">
            <X aria-hidden className="size-4" />
          </button>
        </p>
      )}
      {file && (
        <p className="flex items-center justify-between gap-2 rounded-lg bg-raised px-3 py-1.5 text-sm">
          <span className="truncate">{file.name}</span>
          <button
            type="button"
            onClick={() => setChosen(null)}
            aria-label={t('chats.noFile')}
            className="-m-3 shrink-0 p-3"
          >
            <X aria-hidden className="size-4" />
          </button>
        </p>
      )}
      <div className="flex items-end gap-2">
        {!edited && (
          <>
            <input
              ref={picker}
              type="file"
              className="hidden"
              aria-hidden
              tabIndex={-1}
              onChange={({ target }) => setChosen(target.files?.[0] ?? null)}
            />
            <button
              type="button"
              className="button px-2.5"
              aria-label={t('chats.attach')}
              title={t('chats.attach')}
              onClick={() => picker.current?.click()}
            >
              <Paperclip aria-hidden className="size-5" />
            </button>
          </>
        )}
        <textarea
          ref={field}
          className="input max-h-40 resize-none"
          rows={Math.min(5, Math.max(1, text.split('\n').length))}
          aria-label={t('chats.text')}
          placeholder={t('chats.text')}
          maxLength={65_536}
          value={text}
          onChange={({ target }) => onType(target.value)}
          onKeyDown={onKeyDown}
        />
        <Button look="primary" busy={busy} aria-label={t('chats.send')} title={t('chats.send')} onClick={send}>
          <SendHorizontal aria-hidden className="size-5" />
        </Button>
      </div>
    </div>
  );
}
