/** The dashboard for whoever comes: without a mouse, by a screen reader, on a small phone, with names of all kinds. */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { hasChrome, openPage } from './browser.ts';
import { connect } from './client.ts';
import { furnishMoments } from './dashboard-moments.ts';
import { furnish, go, signIn } from './dashboard-world.ts';
import { linkSession, newPhone } from './linking.ts';
import { useDashboard } from './opened-dashboard.ts';

const NARROW = { width: 360, height: 740 };

describe.skipIf(!hasChrome)('the dashboard', { timeout: 300_000 }, () => {
  const opened = useDashboard({ WEBHOOK_ALLOW_PRIVATE: 'true' });

  test('is used with keys alone, from the login to a number that is linked and deleted', async () => {
    await using visit = await openPage(opened.browser, `${opened.server.url}/app`);
    const { page, complaints } = visit;
    const press = (key: string) => page.keyboard.press(key);
    await reach(page, page.getByRole('tab', { name: 'E-mail and password' }));
    await press('ArrowRight');
    await reach(page, page.getByRole('textbox', { name: 'API key' }));
    await page.keyboard.type(opened.server.apiKey);
    await press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await reach(page, page.getByRole('link', { name: 'Sessions', exact: true }));
    await press('Enter');
    await reach(page, page.getByRole('link', { name: 'Add number' }));
    await press('Enter');
    await expect.poll(() => isFocused(page.getByLabel('Name', { exact: true }))).toBe(true);
    await page.keyboard.type('by-keys');
    await reach(page, page.getByLabel('Network'));
    await press('ArrowDown');
    await reach(page, page.getByRole('button', { name: 'Create and show the code' }));
    await press('Enter');
    await page.getByRole('heading', { name: 'by-keys', level: 1 }).waitFor();
    await page.locator('figure img').waitFor();
    await reach(page, page.getByRole('button', { name: 'Scan with a sandbox phone' }));
    await press('Enter');
    await page.locator('[data-session-state=connected]').waitFor();
    await reach(page, page.getByRole('button', { name: 'Delete' }));
    await press('Enter');
    await page.getByRole('dialog', { name: 'Delete “by-keys”?' }).waitFor();
    await press('Escape');
    await expect.poll(() => isFocused(page.getByRole('button', { name: 'Delete' }))).toBe(true);
    await press('Enter');
    await reach(page, page.getByRole('button', { name: 'Delete for good' }));
    await press('Enter');
    await page.getByText('“by-keys” is deleted.').waitFor();
    expect(complaints.filter((one) => !one.includes('status of 404'))).toEqual([]);
  });

  test('shows names of all kinds as they are, and none of them breaks a screen of a small phone', async () => {
    const client = connect(opened.server);
    const label = `<img src=x onerror=alert(1)> \u202Eesrever 👩‍👩‍👧‍👦 ${'long'.repeat(30)}`;
    const name = `<b>مخبز</b> \u202E👍🏽 ${'W'.repeat(70)}`;
    const { id, phone } = await linkSession(client, 'hostile', await newPhone(client, name));
    await client.call('patchSession', { params: { id }, body: { label } });
    const writer = await newPhone(client, `</script><script>alert(2)</script>${'i'.repeat(60)}`);
    const text = `<a href="javascript:alert(3)">${'M'.repeat(300)}`;
    await client.call('writeFromSandboxPhone', { params: { phone: writer }, body: { to: phone, text } });
    await using visit = await openPage(opened.browser, `${opened.server.url}/app`, NARROW);
    const { page, complaints } = visit;
    page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    await signIn(page, opened.server.apiKey);
    const expectNarrow = async (shown: Locator): Promise<void> => {
      await shown.first().waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width);
    };
    await go(page, '/app/sessions');
    await expectNarrow(page.getByText(label));
    await go(page, `/app/sessions/${id}`);
    await expectNarrow(page.locator('#main header').getByText(label));
    // What turns the direction of writing does so within the name alone.
    await expectNarrow(page.locator('#main header bdi').getByText('baileys', { exact: true }));
    await go(page, `/app/sessions/${id}/chats`);
    await page.getByRole('list', { name: 'Chats' }).getByRole('button').first().click();
    await expectNarrow(page.getByRole('log').getByText(text));
    await expectAccessible(page);
    // One writes without scrolling, whatever the head of the session holds.
    const field = await page.getByRole('textbox', { name: 'Message' }).boundingBox();
    expect((field?.y ?? NARROW.height) + (field?.height ?? 0)).toBeLessThan(NARROW.height);
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBe(NARROW.height);
    await go(page, '/app/sandbox');
    await expectNarrow(page.getByRole('heading', { name }));
    expect(complaints).toEqual([]);
    await client.call('deleteSession', { params: { id } });
  });

  test('has nothing serious for screen readers and weak eyes, on any screen, in either theme, and fits a small phone', async () => {
    const { screens } = await furnish(opened.server);
    // Forty looks take long.
    const moments = process.env.TEST_LONG === '1' ? (await furnishMoments(opened.server, opened.browser)).moments : [];
    await using visit = await openPage(opened.browser, `${opened.server.url}/app`, NARROW);
    const { page, complaints } = visit;
    await expectAccessible(page);
    await signIn(page, opened.server.apiKey);
    const wide: string[] = [];
    for (const [name, prepare] of [...screens, ...moments]) {
      await prepare(page);
      await page.locator('.spin').first().waitFor({ state: 'detached' });
      await expectAccessible(page);
      if ((await page.evaluate('document.documentElement.scrollWidth')) !== NARROW.width) wide.push(name);
    }
    expect(wide).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

const isFocused = async (goal: Locator): Promise<boolean> =>
  (await goal.and(goal.page().locator(':focus')).count()) === 1;

/** Goes there by Tab, as a person does who sees where the focus is. */
async function reach(page: Page, goal: Locator): Promise<void> {
  await goal.waitFor();
  for (let steps = 0; steps < 60; steps += 1) {
    if (await isFocused(goal)) {
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).not.toBe('none');
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${String(goal)}`);
}
