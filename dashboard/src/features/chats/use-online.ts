/** WhatsApp tells only those who is online and writes who are shown as online themselves: so is who looks at a chat, as in WhatsApp's own programs. */
import { useEffect } from 'react';
import { server } from '../../app/server.ts';

const RENEW_MS = 45_000;
/** It ends by itself, also where the page could not say so any more: meanwhile the phone tells of nothing that comes in. */
const SHOWN_MS = 60_000;

/** `null`: for no chat. */
export function useOnline(id: string, chatId: string | null): void {
  useEffect(() => {
    if (chatId === null) return;
    const show = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      await server.setPresence({ path: { id }, body: { available: true, ms: SHOWN_MS } });
    };
    // Nice to have: an engine may not know it.
    const renew = (): void => void show().catch(() => undefined);
    show()
      .then(() => server.subscribePresence({ path: { id, chatId } }))
      .catch(() => undefined);
    const timer = setInterval(renew, RENEW_MS);
    document.addEventListener('visibilitychange', renew);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', renew);
    };
  }, [id, chatId]);
}
