/** Time and timers, so that tests can own them. */
export type Clock = {
  /** ms since the epoch */
  now(): number;
  /** Calls once after `ms`; the answer cancels it. Does not keep the process alive. */
  after(ms: number, call: () => void): () => void;
};
