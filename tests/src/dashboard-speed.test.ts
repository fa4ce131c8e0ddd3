/** The figures of the dashboard. What is asserted of time is far from what is usual, so that a busy machine passes; `DASHBOARD_FIGURES=1` prints them. */
import { gzipSync } from 'node:zlib';
import type { Browser, Page, Response } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildDashboard } from '../../scripts/dashboard.mjs';
import { hasChrome, launchBrowser, openPage } from './browser.ts';
import { type Client, connect } from './client.ts';
import { signIn } from './dashboard-world.ts';
import { linkSession } from './linking.ts';
import { type StartedServer, startServer } from './server.ts';

const MANY = 500;
const most = { scriptBytes: 200_000, rowsDrawn: 60 };

describe.skipIf(!hasChrome)(`the dashboard with ${MANY} sessions`, { timeout: 120_000 }, () => {
  let server: StartedServer;
  let browser: Browser;
  let client: Client;
  beforeAll(async () => {
    expect(buildDashboard()).toBe(true);
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    client = connect(server);
    await linkSession(client, 'linked');
    const names = Array.from({ length: MANY - 1 }, (_, number) => `shop-${String(number).padStart(3, '0')}`);
    const body = { network: 'sandbox', start: false } as const;
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(
        names.slice(at, at + 50).map((name) => client.call('createSession', { body: { ...body, name } })),
      );
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  const tell = (figure: string, value: number, unit: string): void => {
    if (process.env.DASHBOARD_FIGURES === '1') console.log(`${figure}: ${Math.round(value)} ${unit}`);
  };

  test.each([
    ['overview', (page: Page) => page.locator('.uplot').waitFor()],
    ['sessions', (page: Page) => page.getByText(/^\+\d+ \d/).waitFor()],
  ])('its first load, from the login to the page of %s, is at most 200 kB of script', async (screen, there) => {
    await using visit = await openPage(browser, 'about:blank');
    const { page } = visit;
    const scripts: Response[] = [];
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') scripts.push(response);
    });
    await page.goto(`${server.url}/app/${screen}`);
    await signIn(page, server.apiKey);
    await there(page);
    const bodies = await Promise.all(scripts.map((response) => response.body()));
    const bytes = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
    tell(`script of the first load, ${screen}, gzip`, bytes / 1000, 'kB');
    expect(bodies.length).toBeGreaterThan(5);
    expect(bytes).toBeLessThan(most.scriptBytes);
    for (const response of scripts) expect(await response.headerValue('content-encoding')).toBe('br');
  });
});
