import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{contract,curve,sdk,sandbox,server,dashboard,tests,bench,scripts}/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    pool: 'forks',
    // Two at least, also where one core is to be left free: most of them wait for a server, and servers wait for timers.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is looked at again and again until it holds: a second is too little on a busy machine.
    expect: { poll: { timeout: 15_000, interval: 20 } },
  },
});
