/** The figures of the dashboard; `DASHBOARD_FIGURES=1` prints them. */
import { gzipSync } from 'node:zlib';
import type { Page, Response } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { hasChrome, openPage } from './browser.ts';
import { signIn } from './dashboard-world.ts';
import { linkSession } from './linking.ts';
import { useDashboard } from './opened-dashboard.ts';

const MANY = 500;
/** Of time far more than is usual: 1.5 s to be ready and 300 ms from an event to the page are meant, on a machine that is not busy. */
const most = { scriptBytes: 200_000, rows: 60, readyMs: 6000, delayMs: 800 };

describe.skipIf(!hasChrome)(`the dashboard with ${MANY} sessions`, { timeout: 120_000 }, () => {
  const opened = useDashboard();
  beforeAll(async () => {
    await linkSession(opened.client, 'linked');
    const names = Array.from({ length: MANY - 1 }, (_, number) => `shop-${String(number).padStart(3, '0')}`);
    const body = { network: 'sandbox', start: false } as const;
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(
        names.slice(at, at + 50).map((name) => opened.client.call('createSession', { body: { ...body, name } })),
      );
  }, 300_000);

  const tell = (figure: string, values: readonly number[], unit: string): void => {
    if (process.env.DASHBOARD_FIGURES === '1')
      console.log(`${figure}: ${values.map((value) => Math.round(value)).join(', ')} ${unit}`);
  };

  test.each([
    ['overview', (page: Page) => page.locator('.uplot').waitFor()],
    ['sessions', (page: Page) => page.getByText(/^\+\d+ \d/).waitFor()],
  ])('its first load, from the login to the page of %s, is at most 200 kB of script', async (screen, there) => {
    await using visit = await openPage(opened.browser, 'about:blank');
    const { page } = visit;
    const scripts: Response[] = [];
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') scripts.push(response);
    });
    await page.goto(`${opened.server.url}/app/${screen}`);
    await signIn(page, opened.server.apiKey);
    await there(page);
    const bodies = await Promise.all(scripts.map((response) => response.body()));
    const bytes = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
    tell(`script of the first load, ${screen}, gzip`, [bytes / 1000], 'kB');
    expect(bodies.length).toBeGreaterThan(5);
    expect(bytes).toBeLessThan(most.scriptBytes);
    for (const response of scripts) expect(await response.headerValue('content-encoding')).toBe('br');
  });

  test('its page of sessions is soon ready, draws no more than is near, and scrolls without empty places', async () => {
    const [email, password] = ['operator@example.com', 'five hundred small shops'];
    await opened.client.call('createUser', { body: { email, name: 'Operator', role: 'admin', password } });
    await using visit = await openPage(opened.browser, `${opened.server.url}/app/sessions`);
    const { page, complaints } = visit;
    await page.getByRole('textbox', { name: 'E-mail' }).fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
    await page.getByText(`${MANY} of ${MANY} sessions`).waitFor();
    await page.addInitScript(rememberWhenReady);
    const times: number[] = [];
    for (let time = 0; time < 3; time += 1) {
      await page.goto(`${opened.server.url}/app/sessions`);
      times.push(await page.evaluate<number>('ready'));
    }
    tell('from the address to a page that answers', times, 'ms');
    expect(Math.min(...times)).toBeLessThan(most.readyMs);

    const { longestFrame, rows, last, empty } = await page.evaluate<Scrolled>(scrollToTheEnd);
    tell('longest frame while they scroll', [longestFrame], 'ms');
    expect(rows).toBeLessThan(most.rows);
    expect(empty).toBe(0);
    await page.getByRole('link', { name: last, exact: true }).click();
    await page.getByRole('heading', { name: last, level: 1 }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('a change of a state is seen a moment after its event', async () => {
    await using visit = await openPage(opened.browser, `${opened.server.url}/app/sessions`);
    const { page } = visit;
    await signIn(page, opened.server.apiKey);
    await page.getByLabel('Search by name or number').fill('linked');
    await page.getByText(`1 of ${MANY} sessions`).waitFor();
    await page.evaluate(rememberStates);
    const delays: number[] = [];
    await using events = opened.client.follow({ sessionId: 'linked' });
    for (let time = 0; time < 4; time += 1) {
      for (const [verb, state] of [
        ['stopSession', 'stopped'],
        ['startSession', 'connected'],
      ] as const) {
        await opened.client.call(verb, { params: { id: 'linked' } });
        const event = await events.until((one) => one.type === 'session.state_changed' && one.data.to === state);
        const seen = await page.evaluate<number>(`stateSeen(${JSON.stringify(state)})`);
        delays.push(seen - Date.parse(event.occurredAt));
      }
    }
    tell('from an event to the page', delays, 'ms');
    // What comes later was not heard but asked for.
    expect(Math.min(...delays)).toBeLessThan(most.delayMs);
  });
});

/** Sessions are drawn and nothing keeps the page from answering; ms since the address was entered. */
const rememberWhenReady = `
  globalThis.ready = new Promise((resolve) => {
    const look = () =>
      document.querySelectorAll('#main li a').length > 5
        ? requestIdleCallback(() => resolve(performance.now()))
        : requestAnimationFrame(look);
    look();
  });`;

type Scrolled = {
  /** ms. */
  longestFrame: number;
  /** The most that were drawn at a time. */
  rows: number;
  /** The name in the last row. */
  last: string;
  /** How often there was nothing in the middle of the window. */
  empty: number;
};
const scrollToTheEnd = `(async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const drawn = () => document.querySelectorAll('#main li[data-index]');
  const scrolled = { longestFrame: 0, rows: 0, empty: 0 };
  const steps = 90;
  for (let step = 1; step <= steps; step += 1) {
    const before = performance.now();
    scrollTo(0, ((document.documentElement.scrollHeight - innerHeight) * step) / steps);
    await frame();
    await frame();
    scrolled.longestFrame = Math.max(scrolled.longestFrame, (performance.now() - before) / 2);
    scrolled.rows = Math.max(scrolled.rows, drawn().length);
    if (!document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('li[data-index]')) scrolled.empty += 1;
  }
  const rows = [...drawn()].sort((a, b) => a.dataset.index - b.dataset.index);
  return { ...scrolled, last: rows.at(-1).querySelector('a').textContent };
})()`;

/** Makes `stateSeen(state)`, which resolves with the time at which the first session came to show this state. */
const rememberStates = `{
  const changes = [];
  const waiting = [];
  const stateNow = () => document.querySelector('#main [data-state]')?.dataset.state;
  let shown = stateNow();
  new MutationObserver(() => {
    if (stateNow() === shown) return;
    shown = stateNow();
    changes.push({ state: shown, at: Date.now() });
    for (const goOn of waiting.splice(0)) goOn();
  }).observe(document.querySelector('#main'), { subtree: true, childList: true, attributes: true });
  globalThis.stateSeen = async (wanted) => {
    for (;;) {
      const index = changes.findIndex(({ state }) => state === wanted);
      if (index >= 0) return changes.splice(0, index + 1).at(-1).at;
      await new Promise((goOn) => waiting.push(goOn));
    }
  };
}`;
