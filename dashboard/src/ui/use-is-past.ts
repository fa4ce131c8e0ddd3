import { useEffect, useState } from 'react';

/** Whether a time has come; becomes true by itself. */
export function useIsPast(time: string | undefined): boolean {
  const [past, setPast] = useState<string | undefined>(undefined);
  useEffect(() => {
    if (time === undefined) return;
    const timer = setTimeout(() => setPast(time), Math.max(0, Date.parse(time) - Date.now()));
    return () => clearTimeout(timer);
  }, [time]);
  return time !== undefined && past === time;
}
