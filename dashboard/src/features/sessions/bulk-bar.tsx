/** What is done to many sessions at once. */
import type { Session } from '@zapfleet/sdk';
import { Play, Square, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useNotices } from '../../ui/notices.tsx';
import { SessionRows } from '../../ui/session-rows.tsx';
import { counted, sayError, sayNumber } from '../../words/say.ts';
import { Keeps } from '../session/keeps.tsx';

const AT_ONCE = 5;
type Verb = 'start' | 'stop' | 'delete';

const calls = { start: server.startSession, stop: server.stopSession, delete: server.deleteSession } as const;

/** On a phone at the bottom of the window, so that the list does not move while one selects. */
const place =
  'flex flex-wrap items-center gap-2 max-sm:fixed max-sm:inset-x-0 max-sm:bottom-0 max-sm:z-20 max-sm:border-t max-sm:border-line max-sm:bg-card max-sm:p-3';

/** `hidden`: those of them that the search or a filter keeps out of the list. */
type Props = { sessions: readonly Session[]; hidden: ReadonlySet<Session>; onDone(): void };

export function BulkBar({ sessions, hidden, onDone }: Props) {
  const { t } = useTranslation();
  const { tell, fail } = useNotices();
  const [asks, setAsks] = useState<'stop' | 'delete' | null>(null);
  const [running, setRunning] = useState<{ verb: Verb; done: number; all: number } | null>(null);

  const run = async (verb: Verb): Promise<void> => {
    setAsks(null);
    const queue = [...sessions];
    const failures: string[] = [];
    let done = 0;
    setRunning({ verb, done, all: queue.length });
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const { id, name } = next;
        await calls[verb]({ path: { id } }).catch((error: unknown) => failures.push(`${name}: ${sayError(error)}`));
        done += 1;
        setRunning({ verb, done, all: sessions.length });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    setRunning(null);
    if (failures.length > 0) fail(new Error(failures.join('; ')));
    else tell(t(`bulk.done.${verb}`, counted(sessions.length)));
    onDone();
  };

  if (running)
    return (
      <p role="status" className={`${place} text-sm`}>
        <progress
          value={running.done}
          max={running.all}
          aria-label={t(`bulk.${running.verb}`)}
          className="accent-accent"
        />
        {t('bulk.progress', { done: sayNumber(running.done), all: sayNumber(running.all) })}
      </p>
    );
  return (
    <div className={`${place} max-sm:*:grow`}>
      <div className="flex w-full items-center justify-between gap-2 sm:contents">
        <span className="text-sm font-medium" role="status">
          {t('bulk.chosen', counted(sessions.length))}
          {hidden.size > 0 && ` ${t('bulk.hidden', { number: sayNumber(hidden.size) })}`}
        </span>
        <Button look="quiet" className="shrink-0 sm:order-last" onClick={onDone}>
          {t('bulk.clear')}
        </Button>
      </div>
      <Button icon={<Play aria-hidden className="size-4" />} onClick={() => void run('start')}>
        {t('bulk.start')}
      </Button>
      <Button icon={<Square aria-hidden className="size-3.5 fill-current" />} onClick={() => setAsks('stop')}>
        {t('bulk.stop')}
      </Button>
      <Button look="danger" icon={<Trash2 aria-hidden className="size-4" />} onClick={() => setAsks('delete')}>
        {t('bulk.delete')}
      </Button>
      {asks && (
        <Dialog title={t(`bulk.ask.${asks}`, counted(sessions.length))} onClose={() => setAsks(null)}>
          <div className="grid gap-4">
            {asks === 'stop' ? <p>{t('bulk.stopHint')}</p> : <Keeps ending="delete" />}
            <SessionRows
              rows={sessions.map((session) => ({
                ...session,
                phoneNumber: session.account?.phoneNumber ?? null,
                note: hidden.has(session) ? t('bulk.notShown') : null,
              }))}
            />
            <div className="flex justify-end gap-2">
              <Button onClick={() => setAsks(null)}>{t('cancel')}</Button>
              <Button look={asks === 'stop' ? 'primary' : 'destroy'} onClick={() => void run(asks)}>
                {t(asks === 'stop' ? 'bulk.stop' : 'ending.delete.do')}
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </div>
  );
}
