import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{contract,curve,sdk,sandbox,server,tests,bench,scripts}/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is looked at again and again until it holds: a second is too little on a busy machine.
    expect: { poll: { timeout: 15_000, interval: 20 } },
  },
});
