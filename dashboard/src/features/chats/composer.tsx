/** What is written next: a text, a file, a reply, or another wording of a message. */
import { useQueryClient } from '@tanstack/react-query';
import type { Message, Session } from '@zapfleet/sdk';
import { Paperclip, SendHorizontal, X } from 'lucide-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { useAct } from '../../ui/use-act.ts';
import { useBrief } from './brief.ts';

type Props = { session: Session; to: string; quoted: Message | null; edited: Message | null; onDone(): void };
const TYPING_EVERY_MS = 5000;

/** The kind that WhatsApp shows such a file as. */
function kindOf({ type }: File): 'image' | 'video' | 'audio' | 'document' {
  const [group] = type.split('/');
  if (type === 'image/jpeg' || type === 'image/png') return 'image';
  return group === 'video' || group === 'audio' ? group : 'document';
}

export function Composer({ session, to, quoted, edited, onDone }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const brief = useBrief();
  const [busy, act] = useAct();
  const [text, setText] = useState(edited?.content.type === 'text' ? edited.content.text : '');
  const [file, setFile] = useState<File | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const toldTyping = useRef(0);
  const { id } = session;
  const about = edited ?? quoted;

  const send = (): void => {
    const words = text.trim();
    if (busy || (words === '' && file === null)) return;
    void act(async () => {
      if (edited) await server.editMessage({ path: { id: edited.id }, query: { wait: 0 }, body: { text: words } });
      else {
        const common = { to, ...(quoted && { quoted: quoted.id }) };
        const request = { path: { id }, query: { wait: 0 }, headers: { 'idempotency-key': newKey() } };
        if (file) {
          const type = kindOf(file);
          const { id: uploadId } = await server.upload(file);
          const media = { uploadId, filename: file.name };
          const caption = words !== '' && type !== 'audio' ? { caption: words } : {};
          await server.sendMessage({ ...request, body: { ...common, type, media, ...caption } });
        } else await server.sendMessage({ ...request, body: { ...common, text: words } });
      }
      setText('');
      setFile(null);
      onDone();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['messages', id] }),
        queries.invalidateQueries({ queryKey: ['chats', id] }),
      ]);
    });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && about) onDone();
    else if (session.state === 'connected' && Date.now() - toldTyping.current > TYPING_EVERY_MS) {
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
          <button type="button" onClick={onDone} aria-label={t('cancel')} className="-m-3 shrink-0 p-3">
            <X aria-hidden className="size-4" />
          </button>
        </p>
      )}
      {file && (
        <p className="flex items-center justify-between gap-2 rounded-lg bg-raised px-3 py-1.5 text-sm">
          <span className="truncate">{file.name}</span>
          <button
            type="button"
            onClick={() => setFile(null)}
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
              onChange={({ target }) => setFile(target.files?.[0] ?? null)}
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
          className="input max-h-40 resize-none"
          rows={Math.min(5, Math.max(1, text.split('\n').length))}
          aria-label={t('chats.text')}
          placeholder={t('chats.text')}
          maxLength={65_536}
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={onKeyDown}
        />
        <Button look="primary" busy={busy} aria-label={t('chats.send')} title={t('chats.send')} onClick={send}>
          <SendHorizontal aria-hidden className="size-5" />
        </Button>
      </div>
    </div>
  );
}

/** `crypto.randomUUID` is missing where the page comes over plain http. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
