/** What goes wrong on the dashboard says so: links that are used up, people who are kept out, clearing that is not confirmed, faults of the network. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { hasChrome, openPage } from './browser.ts';
import { go, signIn } from './dashboard-world.ts';
import { linkSession } from './linking.ts';
import { useDashboard } from './opened-dashboard.ts';

describe.skipIf(!hasChrome)('the dashboard, where things go wrong', () => {
  const opened = useDashboard();
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

  test('a link for a password opens once; who forgot it gets another, and who is kept out is out at once', async () => {
    await using visit = await openPage(opened.browser, `${opened.server.url}/app`);
    const { page } = visit;
    await signIn(page, opened.server.apiKey);
    await page.getByRole('link', { name: 'Accounts' }).click();
    await page.getByRole('textbox', { name: 'E-mail' }).fill('bia@example.com');
    await press(page, 'Invite');
    const shownOnce = async (): Promise<string> => {
      const link = await page.getByRole('dialog', { name: 'One-time link' }).getByRole('textbox').inputValue();
      await press(page, 'Close');
      return link;
    };
    const invitation = await shownOnce();

    await using guest = await openPage(opened.browser, invitation);
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
    await using late = await openPage(opened.browser, invitation);
    await late.page.getByLabel('Password', { exact: true }).fill('a password of somebody');
    await press(late.page, 'Save and sign in');
    await late.page.getByText('This link was used, has expired or was revoked. Ask for a new one.').waitFor();
    await expectAccessible(late.page);

    const row = page.getByRole('listitem').filter({ hasText: 'bia@example.com' });
    await row.getByRole('button', { name: 'Password reset link' }).click();
    const reset = await shownOnce();
    await guest.page.goto(reset);
    await choose('another password of bia');
    await guest.page.getByRole('heading', { name: 'Overview' }).waitFor();
    const login = (password: string) =>
      opened.client.withKey(null).refusal('login', { body: { email: 'bia@example.com', password } });
    expect(await login('a first password of bia')).toMatchObject({ status: 401 });

    await row.getByLabel('Role').selectOption('admin');
    await page.getByRole('dialog', { name: /the role “Administrator”/ }).waitFor();
    await press(page, 'Cancel');
    await row.getByLabel('Role').selectOption('viewer');
    const role = async () =>
      (await opened.client.call('listUsers')).data.find(({ email }) => email === 'bia@example.com')?.role;
    await expect.poll(role).toBe('viewer');
    await row.getByRole('button', { name: 'Block' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Block' }).click();
    await row.getByText('blocked').waitFor();
    await guest.page.getByLabel('Password', { exact: true }).waitFor();
    expect(await login('another password of bia')).toMatchObject({ status: 401 });
  }, 120_000);

  test('clearing all wants its word, and says which unlinks WhatsApp did not confirm', async () => {
    const { id } = await linkSession(opened.client, 'deaf');
    await opened.client.call('createSession', { body: { name: 'other', network: 'sandbox', start: false } });
    await using visit = await openPage(opened.browser, `${opened.server.url}/app`);
    const { page } = visit;
    await signIn(page, opened.server.apiKey);
    await page.getByRole('link', { name: 'Clear all' }).click();
    // Of all states only those that hold the linked one.
    await page.getByRole('checkbox', { name: 'Connected' }).waitFor();
    for (const box of await page.locator('#main form').getByRole('checkbox').all()) await box.uncheck();
    await page.getByRole('checkbox', { name: 'Connected' }).check();
    await press(page, 'Show what would be deleted');
    await page.getByText('1 session would be deleted').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'deaf' }).getByText('Connected').waitFor();
    const last = page.getByRole('button', { name: 'Delete 1 session for good' });
    await page.getByLabel('Type DELETE to confirm').fill('delet');
    expect(await last.isDisabled()).toBe(true);
    // What was looked at is not what is meant any more.
    await page.getByRole('checkbox', { name: 'Stopped' }).check();
    expect(await last.count()).toBe(0);
    await page.getByRole('checkbox', { name: 'Stopped' }).uncheck();
    await press(page, 'Show what would be deleted');

    await opened.client.call('createSandboxFault', { body: { kind: 'hang', sessionId: id } });
    await page.getByLabel('Type DELETE to confirm').fill(' delete ');
    await press(page, 'Delete 1 session for good');
    await page.getByText('1 session deleted.').waitFor();
    await page.getByText(/^1 was unlinked without a confirmation/).waitFor();
    expect(await page.getByText('was not linked').count()).toBe(0);
    await expectAccessible(page);
    expect((await opened.client.call('listSessions')).data.map(({ name }) => name)).toEqual(['other']);
  }, 120_000);

  test('clearing all means the tenant in sight, a limit of files is in GB, and a key lasts until its last day is over', async () => {
    await using visit = await openPage(opened.browser, `${opened.server.url}/app`);
    const { page } = visit;
    await signIn(page, opened.server.apiKey);
    await page.getByRole('link', { name: 'Accounts' }).click();
    await page.getByRole('tab', { name: 'Tenants' }).click();
    const form = page.getByRole('form', { name: 'Create tenant' });
    await form.getByLabel('Name').fill('South');
    await form.getByLabel('Files, in GB').fill('1.5');
    await press(page, 'Create tenant');
    const row = page.getByRole('listitem').filter({ hasText: 'South' });
    await row.getByText('Messages today: not counted').waitFor();
    await row.getByText('Files: 0 bytes / 1.5 GB').waitFor();
    await row.getByRole('button', { name: 'Limits' }).click();
    expect(await page.getByRole('dialog').getByLabel('Files, in GB').inputValue()).toBe('1.5');
    await press(page, 'Close');
    const south = (await opened.client.call('listTenants')).data.find(({ name }) => name === 'South');
    expect(south?.limits.mediaBytes).toBe(1_500_000_000);

    const [here, there] = await Promise.all(
      [{ name: 'here' }, { name: 'there', tenantId: south?.id }].map((body) =>
        opened.client.call('createSession', { body: { ...body, network: 'sandbox', start: false } }),
      ),
    );
    await page.getByRole('tab', { name: 'API keys' }).click();
    await page.getByLabel('What the key is for').fill('for a while');
    await page.getByLabel('Only these sessions').fill(`here, ${here?.id}`);
    await page.getByLabel('Expires on').fill('2031-01-15');
    await press(page, 'Create key');
    await press(page, 'Close');
    const key = (await opened.client.call('listApiKeys')).data.find(({ name }) => name === 'for a while');
    expect(key?.sessions).toEqual([here?.id]);
    expect(key?.expiresAt).toBe(await page.evaluate('new Date(2031, 0, 15, 23, 59, 59, 999).toISOString()'));

    await page.getByLabel('Tenant').selectOption('South');
    await page.getByRole('link', { name: 'Clear all' }).click();
    await press(page, 'Show what would be deleted');
    await page.getByText('1 session would be deleted').waitFor();
    await page.getByLabel('Type DELETE to confirm').fill('delete');
    await press(page, 'Delete 1 session for good');
    await page.getByText('1 session deleted.').waitFor();
    expect((await opened.client.call('listSessions')).data.map(({ name }) => name)).toContain('here');
    await opened.client.refusal('getSession', { params: { id: there?.id ?? '' } });
    await opened.client.call('deleteTenant', { params: { id: south?.id ?? '' } });
  }, 120_000);

  test('the sandbox refuses a number that it has, and lets things go wrong, which the session tells', async () => {
    const { id, phone } = await linkSession(opened.client, 'struck');
    await using visit = await openPage(opened.browser, `${opened.server.url}/app`);
    const { page } = visit;
    await signIn(page, opened.server.apiKey);
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
