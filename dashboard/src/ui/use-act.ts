import { useState } from 'react';
import { useNotices } from './notices.tsx';

/** Runs one action at a time; tells where it fails. Answers whether it went well. */
export function useAct(): [busy: boolean, act: (action: () => Promise<unknown>) => Promise<boolean>] {
  const { fail } = useNotices();
  const [busy, setBusy] = useState(false);
  return [
    busy,
    async (action) => {
      setBusy(true);
      try {
        await action();
        return true;
      } catch (error) {
        fail(error);
        return false;
      } finally {
        setBusy(false);
      }
    },
  ];
}
