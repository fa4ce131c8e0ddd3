/** How far the event loop of this process was behind lately. */

const SAMPLE_MS = 500;
const SAMPLES = 60;

export type LoopLag = Disposable & {
  /** The worst of the last 30 s, in ms. */
  now(): number;
};

export function watchLoopLag(): LoopLag {
  const samples: number[] = [];
  let expected = performance.now() + SAMPLE_MS;
  const timer = setInterval(() => {
    const at = performance.now();
    samples.push(Math.max(0, Math.round(at - expected)));
    if (samples.length > SAMPLES) samples.shift();
    expected = at + SAMPLE_MS;
  }, SAMPLE_MS).unref();
  return {
    now: () => Math.max(0, Math.round(performance.now() - expected), ...samples),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
