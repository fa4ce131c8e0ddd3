/** The actions that fit the state of a session, and no others. What ends something says first what it keeps and what it removes. */
import { useQueryClient } from '@tanstack/react-query';
import type { Session } from '@zapfleet/sdk';
import { LogOut, Play, RotateCcw, Square, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { server } from '../../app/server.ts';
import { sessionKey } from '../../app/session-news.ts';
import { endsOnPhone, startWord } from '../../app/start-word.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useAct } from '../../ui/use-act.ts';
import { Keeps } from './keeps.tsx';
import type { ReceiptOf } from './receipt.tsx';

type Ending = 'disconnect' | 'stop' | 'logout' | 'delete';

/** It keeps everything: the one of a session that is linked, the other of one that is not. */
const isPause = (ending: Ending): ending is 'disconnect' | 'stop' => ending === 'disconnect' || ending === 'stop';

const runs = ({ state }: Session): boolean => ['connecting', 'linking', 'connected', 'waiting'].includes(state);

export function Actions({ session, onReceipt }: { session: Session; onReceipt(receipt: ReceiptOf): void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [busy, act] = useAct();
  const [asks, setAsks] = useState<Ending | null>(null);
  const { id, name, state, linked } = session;
  const path = { id };
  const start = startWord(session);
  const pause = linked ? 'disconnect' : 'stop';
  if (state === 'deleting') return null;

  /** Shows at once what is asked for, and takes it back where it is refused. */
  const change = async (expected: Session['state'], call: () => Promise<Session>): Promise<void> => {
    const before = queries.getQueryData<Session>(sessionKey(id));
    queries.setQueryData<Session>(
      sessionKey(id),
      (now) => now && { ...now, state: expected, retryAt: null, health: null },
    );
    const went = await act(async () => queries.setQueryData(sessionKey(id), await call()));
    if (!went) queries.setQueryData(sessionKey(id), before);
  };
  const end = (ending: Ending): void => {
    setAsks(null);
    if (isPause(ending)) void change('stopped', () => server.stopSession({ path }));
    else {
      void act(async () => {
        const receipt = await (ending === 'logout' ? server.logoutSession({ path }) : server.deleteSession({ path }));
        onReceipt({ verb: ending, name, receipt });
      });
    }
  };

  return (
    <div className="flex flex-wrap gap-2 pt-1">
      {start !== null && (
        <Button
          look={endsOnPhone(session) ? 'plain' : 'primary'}
          busy={busy}
          icon={<Play aria-hidden className="size-4" />}
          onClick={() => void change('connecting', () => server.startSession({ path }))}
        >
          {t(`action.${start}`)}
        </Button>
      )}
      {state === 'connected' && (
        <Button
          busy={busy}
          icon={<RotateCcw aria-hidden className="size-4" />}
          onClick={() => void change('connecting', () => server.restartSession({ path }))}
        >
          {t('action.restart')}
        </Button>
      )}
      {runs(session) && (
        <Button
          busy={busy}
          icon={<Square aria-hidden className="size-3.5 fill-current" />}
          onClick={() => setAsks(pause)}
        >
          {t(`action.${pause}`)}
        </Button>
      )}
      {linked && (
        <Button
          look="danger"
          busy={busy}
          icon={<LogOut aria-hidden className="size-4" />}
          onClick={() => setAsks('logout')}
        >
          {t('action.logout')}
        </Button>
      )}
      <Button
        look="danger"
        busy={busy}
        icon={<Trash2 aria-hidden className="size-4" />}
        onClick={() => setAsks('delete')}
      >
        {t('action.delete')}
      </Button>
      {asks && (
        <Dialog title={t(`ending.${asks}.title`, { name })} onClose={() => setAsks(null)}>
          <Keeps ending={asks} />
          {asks === 'delete' && <p className="note mt-5">{t('ending.delete.after')}</p>}
          <div className="mt-5 flex justify-end gap-2">
            <Button onClick={() => setAsks(null)}>{t('cancel')}</Button>
            <Button look={isPause(asks) ? 'primary' : 'destroy'} onClick={() => end(asks)}>
              {t(`ending.${asks}.do`)}
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
