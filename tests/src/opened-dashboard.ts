/** A server with a dashboard that is built, and a browser to look at it: opened before the tests of the suite that asks, and closed after them. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { buildDashboard } from '../../scripts/dashboard.mjs';
import { launchBrowser } from './browser.ts';
import { type Client, connect } from './client.ts';
import { type StartedServer, startServer } from './server.ts';

/** Filled in when the first test begins. */
export type OpenedDashboard = { server: StartedServer; browser: Browser; client: Client };

export function useDashboard(env: Record<string, string> = {}): OpenedDashboard {
  const opened = {} as OpenedDashboard;
  beforeAll(async () => {
    expect(buildDashboard()).toBe(true);
    [opened.server, opened.browser] = await Promise.all([startServer({ env }), launchBrowser()]);
    opened.client = connect(opened.server);
  });
  afterAll(async () => {
    await opened.browser.close();
    await opened.server[Symbol.asyncDispose]();
  });
  return opened;
}
