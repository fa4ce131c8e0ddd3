/** The budget of sessions that open at the same time, for boot and reconnects alike. */
export type OpenGate = {
  /** Resolves with the release when there is room, first come first served; rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<() => void>;
};

export function createOpenGate(room: number): OpenGate {
  let inside = 0;
  const waiting = new Set<() => void>();

  function leaveOnce(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inside -= 1;
      const next = waiting.values().next().value;
      if (next) next();
    };
  }

  return {
    enter(signal) {
      signal.throwIfAborted();
      if (inside < room) {
        inside += 1;
        return Promise.resolve(leaveOnce());
      }
      return new Promise((resolve, reject) => {
        const admit = () => {
          waiting.delete(admit);
          signal.removeEventListener('abort', giveUp);
          inside += 1;
          resolve(leaveOnce());
        };
        const giveUp = () => {
          waiting.delete(admit);
          reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
        };
        waiting.add(admit);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    },
  };
}
