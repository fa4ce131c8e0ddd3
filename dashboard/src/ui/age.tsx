import { useEffect, useState } from 'react';
import { sayAge, sayTime } from '../words/say.ts';

const LOOK_AGAIN_MS = 20_000;

/** How long ago it began, anew as time goes by; the time itself for whoever points at it. */
export function Age({ since }: { since: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [since]);
  return (
    <time dateTime={since} title={sayTime(since)}>
      {sayAge(now - Date.parse(since))}
    </time>
  );
}
