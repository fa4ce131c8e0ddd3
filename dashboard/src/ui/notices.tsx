/** Short words about what just happened. Errors stay until they are closed. */
import { X } from 'lucide-react';
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sayError } from '../words/say.ts';

type Notice = { id: number; kind: 'good' | 'bad'; text: string };
type Notices = { tell(text: string): void; fail(error: unknown): void };

const NoticesContext = createContext<Notices | null>(null);
const STAYS_MS = 5000;
let count = 0;

export function useNotices(): Notices {
  const notices = use(NoticesContext);
  if (!notices) throw new Error('useNotices stands outside of NoticesProvider');
  return notices;
}

export function NoticesProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<readonly Notice[]>([]);
  const close = useCallback((id: number) => setShown((all) => all.filter((one) => one.id !== id)), []);
  const notices = useMemo<Notices>(() => {
    const add = (kind: Notice['kind'], text: string): number => {
      const id = ++count;
      setShown((all) => [...all.slice(-3), { id, kind, text }]);
      return id;
    };
    return {
      tell: (text) => {
        const id = add('good', text);
        setTimeout(() => close(id), STAYS_MS);
      },
      fail: (error) => void add('bad', sayError(error)),
    };
  }, [close]);
  return (
    <NoticesContext value={notices}>
      {children}
      <div
        role="status"
        aria-label={t('notices')}
        className="fixed right-4 bottom-4 left-4 z-50 grid justify-items-end gap-2 sm:left-auto"
      >
        {shown.map(({ id, kind, text }) => (
          <div
            key={id}
            className={`flex max-w-md items-start gap-3 rounded-lg border bg-card px-4 py-3 text-sm shadow-lg ${kind === 'bad' ? 'border-bad text-bad' : 'border-good'}`}
          >
            <span>{text}</span>
            <button type="button" onClick={() => close(id)} aria-label={t('close')} className="-m-3 shrink-0 p-3">
              <X aria-hidden className="size-4" />
            </button>
          </div>
        ))}
      </div>
    </NoticesContext>
  );
}
