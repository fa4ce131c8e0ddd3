import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{contract,curve,sandbox,server,tests,bench,scripts}/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
