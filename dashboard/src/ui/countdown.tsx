import { useEffect, useState } from 'react';
import { sayDuration } from '../words/say.ts';

/** How long it is until then, every second anew. Screen readers are told the time itself where it stands, not every tick. */
export function Countdown({ until }: { until: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span role="timer" aria-live="off" className="tabular-nums">
      {sayDuration(Date.parse(until) - now)}
    </span>
  );
}
