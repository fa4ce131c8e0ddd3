/** What is done to many sessions at once. */
import type { Session } from '@zapfleet/sdk';
import { Play, Square, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useNotices } from '../../ui/notices.tsx';
import { counted, sayError, sayNumber } from '../../words/say.ts';

const AT_ONCE = 5;
type Verb = 'start' | 'stop' | 'delete';

const calls = { start: server.startSession, stop: server.stopSession, delete: server.deleteSession } as const;

/** `hidden`: how many of them the search or a filter keeps out of the list. */
type Props = { sessions: readonly Session[]; hidden: number; onDone(): void };

export function BulkBar({ sessions, hidden, onDone }: Props) {
  const { t } = useTranslation();
  const { tell, fail } = useNotices();
  const [asks, setAsks] = useState(false);
  const [running, setRunning] = useState<{ verb: Verb; done: number; all: number } | null>(null);

  const run = async (verb: Verb): Promise<void> => {
    setAsks(false);
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
      <p role="status" className="flex items-center gap-3 text-sm">
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
    <div className="flex flex-wrap items-center gap-2">
      <span className="w-full text-sm font-medium sm:w-auto" role="status">
        {t('bulk.chosen', counted(sessions.length))}
        {hidden > 0 && ` ${t('bulk.hidden', { number: sayNumber(hidden) })}`}
      </span>
      <Button icon={<Play aria-hidden className="size-4" />} onClick={() => void run('start')}>
        {t('bulk.start')}
      </Button>
      <Button icon={<Square aria-hidden className="size-4" />} onClick={() => void run('stop')}>
        {t('bulk.stop')}
      </Button>
      <Button look="danger" icon={<Trash2 aria-hidden className="size-4" />} onClick={() => setAsks(true)}>
        {t('bulk.delete')}
      </Button>
      {asks && (
        <Dialog title={t('bulk.deleteTitle', counted(sessions.length))} onClose={() => setAsks(false)}>
          <p className="mb-3">{t('ending.delete.removes')}</p>
          <ul
            className="mb-4 max-h-48 overflow-auto rounded-lg border border-line p-3 text-sm"
            tabIndex={0}
            aria-label={t('nav.sessions')}
          >
            {sessions.map(({ id, name }) => (
              <li key={id}>{name}</li>
            ))}
          </ul>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsks(false)}>{t('cancel')}</Button>
            <Button look="destroy" onClick={() => void run('delete')}>
              {t('bulk.delete')}
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
