/** What goes wrong on the dashboard says so: links that are used up, people who are kept out, clearing that is not confirmed, faults of the network. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildDashboard } from '../../scripts/dashboard.mjs';
import { expectAccessible } from './accessible.ts';
import { hasChrome, launchBrowser, openPage } from './browser.ts';
import { type Client, connect } from './client.ts';
import { go, signIn } from './dashboard-world.ts';
import { linkSession } from './linking.ts';
import { type StartedServer, startServer } from './server.ts';

describe.skipIf(!hasChrome)('the dashboard, where things go wrong', () => {
  let server: StartedServer;
  let browser: Browser;
  let client: Client;
  beforeAll(async () => {
    expect(buildDashboard()).toBe(true);
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    client = connect(server);
  });
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

  test('a link for a password opens once; who forgot it gets another, and who is kept out is out at once', async () => {
    await using visit = await openPage(browser, `${server.url}/app`);
    const { page } = visit;
    await signIn(page, server.apiKey);
    await page.getByRole('link', { name: 'Accounts' }).click();
    await page.getByRole('textbox', { name: 'E-mail' }).fill('bia@example.com');
    await press(page, 'Invite');
    const shownOnce = async (): Promise<string> => {
      const link = await page.getByRole('dialog', { name: 'One-time link' }).getByRole('textbox').inputValue();
      await press(page, 'Close');
      return link;
    };
    const invitation = await shownOnce();

    await using guest = await openPage(browser, invitation);
    const choose = async (password: string): Promise<void> => {
      await guest.page.getByLabel('Password', { exact: true }).fill(password);
      await press(guest.page, 'Save and sign in');
    };
    await guest.page.getByRole('heading', { name: 'Choose your password' }).waitFor();
    expect(guest.page.url()).not.toContain('token');
    await expectAccessible(guest.page);
    await choose('short');
    expect(await guest.page.locator('input[name=password]:invalid').count()).toBe(1);
    await choose('a first password of bia');
    await guest.page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await guest.page.getByRole('link', { name: 'Accounts' }).count()).toBe(0);

    // A link that was used is worth nothing.
    await using late = await openPage(browser, invitation);
    await late.page.getByLabel('Password', { exact: true }).fill('a password of somebody');
    await press(late.page, 'Save and sign in');
    await late.page.getByText('This link was used, has expired or was revoked. Ask for a new one.').waitFor();
    await expectAccessible(late.page);

    const row = page.getByRole('listitem').filter({ hasText: 'bia@example.com' });
    await row.getByRole('button', { name: 'Link for a new password' }).click();
    const reset = await shownOnce();
    await guest.page.goto(reset);
    await choose('another password of bia');
    await guest.page.getByRole('heading', { name: 'Overview' }).waitFor();
    const login = (password: string) =>
      client.withKey(null).refusal('login', { body: { email: 'bia@example.com', password } });
    expect(await login('a first password of bia')).toMatchObject({ status: 401 });

    await row.getByRole('button', { name: 'Keep out' }).click();
    await row.getByText('kept out').waitFor();
    await guest.page.getByLabel('Password', { exact: true }).waitFor();
    expect(await login('another password of bia')).toMatchObject({ status: 401 });
  }, 120_000);

  test('clearing all wants its word, and says which unlinks WhatsApp did not confirm', async () => {
    const { id } = await linkSession(client, 'deaf');
    await client.call('createSession', { body: { name: 'other', network: 'sandbox', start: false } });
    await using visit = await openPage(browser, `${server.url}/app`);
    const { page } = visit;
    await signIn(page, server.apiKey);
    await page.getByRole('link', { name: 'Clear all' }).click();
    // Of all states only those that hold the linked one.
    await page.getByRole('checkbox', { name: 'Connected' }).waitFor();
    for (const box of await page.locator('#main form').getByRole('checkbox').all()) await box.uncheck();
    await page.getByRole('checkbox', { name: 'Connected' }).check();
    await press(page, 'Show what would be deleted');
    await page.getByText('1 session would be deleted').waitFor();
    await page.getByLabel('Type DELETE to confirm').fill('delete');
    await press(page, 'Delete 1 session for good');
    expect(await page.locator('input[name=confirm]:invalid').count()).toBe(1);
    expect((await client.call('listSessions')).data).toHaveLength(2);

    await client.call('createSandboxFault', { body: { kind: 'hang', sessionId: id } });
    await page.getByLabel('Type DELETE to confirm').fill('DELETE');
    await press(page, 'Delete 1 session for good');
    await page.getByText('1 session deleted.').waitFor();
    await page.getByText(/unlink not confirmed: 1/).waitFor();
    await expectAccessible(page);
    expect((await client.call('listSessions')).data.map(({ name }) => name)).toEqual(['other']);
  }, 120_000);

  test('the sandbox refuses a number that it has, and lets things go wrong, which the session tells', async () => {
    const { id, phone } = await linkSession(client, 'struck');
    await using visit = await openPage(browser, `${server.url}/app`);
    const { page } = visit;
    await signIn(page, server.apiKey);
    await go(page, '/app/sandbox');
    await page.getByRole('form', { name: 'New phone' }).getByLabel('Number').fill(phone);
    await press(page, 'New phone');
    await page.getByText('There is a sandbox phone with this number already.').waitFor();
    await page.getByLabel('What goes wrong').selectOption({ label: 'A message is refused (463)' });
    await page.getByLabel('Session', { exact: true }).selectOption({ label: 'struck' });
    await press(page, 'Trigger');
    await page.getByText('"kind":"ack_error"').waitFor();
    await press(page, 'Take all faults away');
    await page.getByText('"kind":"ack_error"').waitFor({ state: 'detached' });
    await page.getByLabel('What goes wrong').selectOption({ label: 'Replaced by another connection (440)' });
    await press(page, 'Trigger');
    await go(page, `/app/sessions/${id}`);
    await page.locator('[data-session-state=failed]').waitFor();
    await page.getByRole('button', { name: 'Take over here' }).click();
    await page.locator('[data-session-state=connected]').waitFor();
  }, 120_000);
});
