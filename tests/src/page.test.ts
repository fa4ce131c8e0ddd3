import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChrome, launchBrowser, openPage } from './browser.ts';
import { type StartedServer, startServer } from './server.ts';

describe.skipIf(!hasChrome)('the first page', () => {
  let server: StartedServer;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  async function signIn(page: Page, key = server.apiKey): Promise<void> {
    await page.locator('#api-key').fill(key);
    await page.locator('#api-key').press('Enter');
  }

  /** Creates a sandbox session on the page and waits for its QR code. */
  async function createSession(page: Page, name: string): Promise<void> {
    await page.locator('#new-name').fill(name);
    await page.locator('#new-session [type=submit]').click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await page.locator('#qr').waitFor();
  }

  async function expectState(page: Page, state: string): Promise<void> {
    await page.locator(`#session-state[data-state=${state}]`).waitFor({ timeout: 20_000 });
  }

  test('a person creates a session, lets a sandbox phone scan it, writes with it and sees it unlinked', async () => {
    await using visit = await openPage(browser, server.url);
    const { page, complaints } = visit;
    await signIn(page);
    await page.getByText('No sessions yet').waitFor();
    expect(await page.locator('#new-network').inputValue()).toBe('sandbox');

    await createSession(page, 'shop-1');
    expect(await page.locator('#qr').getAttribute('src')).toMatch(/^data:image\/png;base64,/);
    expect(await page.locator('#qr-note').textContent()).toMatch(/^Code 1, valid for \d/);

    await page.getByRole('button', { name: 'Scan with a sandbox phone' }).click();
    await expectState(page, 'connected');
    expect(await page.locator('#qr-card').isHidden()).toBe(true);
    await page.locator('#session-list .state[data-state=connected]').waitFor();

    await page.getByRole('button', { name: 'New phone' }).click();
    await expect.poll(() => page.locator('#to').inputValue()).toMatch(/^\d{10,}$/);
    await page.locator('#text').fill('Hello <b>you</b>');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    const sent = page.locator('#conversation .mine');
    await sent.filter({ hasText: '✓✓ delivered' }).waitFor();
    expect(await sent.textContent()).toContain('Hello <b>you</b>');

    await page.locator('#screen .bubble').filter({ hasText: 'Hello <b>you</b>' }).waitFor();
    await page.getByRole('button', { name: 'Read the messages' }).click();
    await sent.filter({ hasText: '✓✓ read' }).waitFor();

    await page.getByLabel('The phone writes').fill('Hi, all is well');
    await page.getByRole('button', { name: 'Send from the phone' }).click();
    await page.locator('#conversation .bubble:not(.mine)').filter({ hasText: 'Hi, all is well' }).waitFor();

    const own = page.locator('#phone-choice option').filter({ hasText: '(this session’s)' });
    await page.locator('#phone-choice').selectOption((await own.getAttribute('value')) ?? '');
    await page.getByRole('button', { name: 'Unlink' }).click();
    await expectState(page, 'logged_out');
    expect(await page.getByRole('button', { name: 'Link again' }).isEnabled()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('a wrong key is refused in words, and the right one can be entered then', async () => {
    await using visit = await openPage(browser, server.url);
    const { page } = visit;
    await signIn(page, 'wrong');
    await page.getByText('This key is not known to the server').waitFor();
    expect(await page.locator('#fleet').isHidden()).toBe(true);
    await signIn(page);
    await page.locator('#fleet').waitFor();
  });

  test('a name that is taken or wrong is told beside the form', async () => {
    await using visit = await openPage(browser, server.url);
    const { page } = visit;
    await signIn(page);
    await createSession(page, 'taken');
    await page.locator('#new-name').fill('Taken');
    await page.locator('#new-name').press('Enter');
    await expect.poll(() => page.locator('#new-error').textContent()).toMatch(/name/);
    await page.locator('#new-name').fill('../x y');
    await page.locator('#new-name').press('Enter');
    await expect.poll(() => page.locator('#new-error').textContent()).toMatch(/may hold only/);
  });

  test('stop and start lead where they say, and a reload shows the same session', async () => {
    await using visit = await openPage(browser, server.url);
    const { page } = visit;
    await signIn(page);
    await createSession(page, 'on-and-off');
    await page.getByRole('button', { name: 'Stop' }).click();
    await expectState(page, 'stopped');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await expectState(page, 'linking');
    await page.reload();
    await expectState(page, 'linking');
    expect(await page.locator('#session-name').textContent()).toBe('on-and-off');
    await page.locator('#qr').waitFor();
  });

  test('logging out and deleting ask first, and tell step by step what was done', async () => {
    await using visit = await openPage(browser, server.url);
    const { page, complaints } = visit;
    await signIn(page);
    await createSession(page, 'to-end');
    await page.getByRole('button', { name: 'Scan with a sandbox phone' }).click();
    await expectState(page, 'connected');
    const logOut = page.getByRole('button', { name: 'Log out' });

    page.once('dialog', (dialog) => void dialog.dismiss());
    await logOut.click();
    await expectState(page, 'connected');

    page.on('dialog', (dialog) => void dialog.accept());
    await logOut.click();
    const receipt = page.locator('#receipt');
    await receipt.getByText('“to-end” is logged out.').waitFor();
    expect(await receipt.textContent()).toContain('WhatsApp confirmed that this device was removed.');
    expect(await receipt.locator('li').allTextContents()).toHaveLength(3);
    await expectState(page, 'logged_out');
    await expect.poll(() => logOut.isDisabled()).toBe(true);

    await page.getByRole('button', { name: 'Delete' }).click();
    await receipt.getByText('“to-end” is deleted.').waitFor();
    await page.locator('#session').waitFor({ state: 'hidden' });
    expect(await page.locator('#session-list').getByText('to-end').count()).toBe(0);
    await createSession(page, 'to-end');
    expect(await receipt.isHidden()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('a visitor with a Portuguese browser reads Portuguese, and can switch', async () => {
    await using visit = await openPage(browser, server.url, { language: 'pt-BR' });
    const { page } = visit;
    await page.getByText('Informe sua chave de API').waitFor();
    await page.locator('#language').selectOption('en');
    await page.getByText('Enter your API key').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  test('nothing is wider than a small phone', async () => {
    await using visit = await openPage(browser, server.url, { width: 375, height: 700 });
    const { page } = visit;
    await signIn(page);
    await createSession(page, `${'long-name-'.repeat(6)}1234`);
    await page.getByRole('button', { name: 'Scan with a sandbox phone' }).click();
    await page.locator('#phone').waitFor();
    await expectState(page, 'connected');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
  });

  test('a server that goes away is told, and the page catches up when it is back', async () => {
    await using passing = await startServer();
    const port = new URL(passing.url).port;
    await using visit = await openPage(browser, passing.url);
    const { page } = visit;
    await signIn(page, passing.apiKey);
    await createSession(page, 'before');
    await passing.kill();
    await page.getByText('Live updates are interrupted').waitFor();
    await using _again = await startServer({ dataDir: passing.dataDir, env: { PORT: port } });
    await page.locator('#offline').waitFor({ state: 'hidden', timeout: 20_000 });
    await expectState(page, 'linking');
  });
});
