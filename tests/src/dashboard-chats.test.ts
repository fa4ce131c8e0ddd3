/** What is done with messages on the dashboard: it shows at once, is seen on the phone, and is taken back where it is refused. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { hasChrome, openPage, type WatchedPage } from './browser.ts';
import { go, signIn } from './dashboard-world.ts';
import { type LinkedSession, linkSession, newPhone, screenOf } from './linking.ts';
import { useDashboard } from './opened-dashboard.ts';

/** What the page asks for waits until it is let go. */
async function holdWrites(page: Page): Promise<{ asked: Promise<undefined>; letGo(): Promise<void> }> {
  const [held, asked] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  await page.route('**/*', async (route) => {
    const isWrite = /\/messages(\/|\?|$)/.test(route.request().url()) && route.request().method() !== 'GET';
    if (isWrite) {
      asked.resolve(undefined);
      await held.promise;
    }
    await route.continue();
  });
  return {
    asked: asked.promise,
    letGo: () => {
      held.resolve(undefined);
      return page.unrouteAll({ behavior: 'wait' });
    },
  };
}

describe.skipIf(!hasChrome)('the chats of the dashboard', () => {
  const opened = useDashboard();

  /** A session that somebody wrote to, and the page that shows what was said. */
  async function openChat(name: string): Promise<{ session: LinkedSession; friend: string; visit: WatchedPage }> {
    const session = await linkSession(opened.client, name);
    const friend = await newPhone(opened.client, `Friend of ${name}`);
    const body = { to: session.phone, text: 'Are you open?' };
    await opened.client.call('writeFromSandboxPhone', { params: { phone: friend }, body });
    const visit = await openPage(opened.browser, `${opened.server.url}/app`);
    const { page } = visit;
    await signIn(page, opened.server.apiKey);
    await go(page, `/app/sessions/${session.id}/chats`);
    await page.getByRole('button', { name: /Are you open/ }).click();
    await page.getByRole('log').getByText('Are you open?').waitFor();
    return { session, friend, visit };
  }
  const onScreen = async (phone: string, id: string) =>
    (await screenOf(opened.client, phone)).find((one) => one.id === id);

  test('one reacts, replies, edits and takes back; the phone shows it, and the page who types', async () => {
    const { session, friend, visit } = await openChat('talks');
    await using _visit = visit;
    const { page, complaints } = visit;
    const log = page.getByRole('log');
    const theirs = log.getByRole('article', { name: /^Received/ });
    const mine = log.getByRole('article', { name: /^Sent/ });
    const textbox = page.getByRole('textbox', { name: 'Message' });
    const [question] = await screenOf(opened.client, friend);
    const asked = question?.id ?? '';

    // Told only to those who are shown as online.
    const seen = async () =>
      (await opened.client.call('listSandboxPresences', { params: { phone: friend } })).data.find(
        ({ phoneNumber }) => phoneNumber === session.phone,
      );
    await expect.poll(async () => (await seen())?.online).toBe(true);
    const body = { state: 'composing', to: session.phone } as const;
    const isToldTyping = async (): Promise<boolean> => {
      await opened.client.call('setSandboxPresence', { params: { phone: friend }, body });
      return page.getByText('writes…').isVisible();
    };
    await expect.poll(isToldTyping, { timeout: 20_000 }).toBe(true);

    await theirs.getByRole('button', { name: 'More' }).click();
    await theirs.getByRole('button', { name: 'React with 👍' }).click();
    await theirs.getByLabel('Reactions').getByText('👍').waitFor();
    await expect
      .poll(async () => (await onScreen(friend, asked))?.reactions)
      .toEqual([{ from: session.phone, emoji: '👍' }]);
    await expectAccessible(page);
    await theirs.getByRole('button', { name: 'React with 👍', pressed: true }).click();
    await theirs.getByLabel('Reactions').waitFor({ state: 'detached' });
    await expect.poll(async () => (await onScreen(friend, asked))?.reactions ?? []).toEqual([]);

    await theirs.getByRole('button', { name: 'Reply' }).click();
    await page.getByText('Reply to: Are you open?').waitFor();
    await page.locator('textarea:focus').waitFor();
    await textbox.pressSequentially('Yes, til six');
    await expectAccessible(page);
    await page.keyboard.press('Enter');
    await mine.locator('[data-status=delivered]').waitFor();
    await mine.getByText('Are you open?').waitFor();
    const { data: sent } = await opened.client.call('listMessages', {
      params: { id: session.id },
      query: { order: 'newest' },
    });
    const reply = sent[0]?.waId ?? '';
    expect(await onScreen(friend, reply)).toMatchObject({ text: 'Yes, til six', quotedId: asked });
    const { typing } = (await seen()) ?? { typing: [] };
    expect(typing.map(({ state }) => state)).toContain('composing');

    await textbox.fill('begun before');
    await mine.getByRole('button', { name: 'More' }).click();
    await mine.getByRole('button', { name: 'Edit' }).click();
    await page.getByText('Edit: Yes, til six').waitFor();
    await textbox.fill('Yes, till six');
    await page.keyboard.press('Enter');
    await mine.getByText('Yes, till six').waitFor();
    await mine.getByText('edited').waitFor();
    expect(await textbox.inputValue()).toBe('begun before');
    await expect.poll(async () => await onScreen(friend, reply)).toMatchObject({ text: 'Yes, till six', edited: true });

    await mine.getByRole('button', { name: 'Take back' }).click();
    await mine.getByText('This message was taken back.').waitFor();
    await expect.poll(async () => (await onScreen(friend, reply))?.revoked).toBe(true);

    const place = { type: 'location', to: session.phone, latitude: -23.5505, longitude: -46.6333 } as const;
    await opened.client.call('writeFromSandboxPhone', { params: { phone: friend }, body: place });
    const map = await log.getByRole('link', { name: '-23.5505, -46.6333' }).getAttribute('href');
    expect(map).toMatch(/^https:\/\/www\.openstreetmap\.org\/\?mlat=-23\.5505&mlon=-46\.6333/);
    expect(complaints).toEqual([]);
  }, 120_000);

  test('what is done shows before the server answers, and is taken back with the reason where it refuses', async () => {
    const { session, friend, visit } = await openChat('optimistic');
    await using _visit = visit;
    const { page } = visit;
    const theirs = page.getByRole('log').getByRole('article', { name: /^Received/ });
    const mine = page.getByRole('log').getByRole('article', { name: /^Sent/ });
    const textbox = page.getByRole('textbox', { name: 'Message' });
    const refuseNext = () =>
      opened.client.call('createSandboxFault', { body: { kind: 'ack_error', sessionId: session.id, code: 479 } });

    // Granted: there while nothing was answered, and once only afterwards.
    const first = await holdWrites(page);
    await textbox.fill('Shown at once');
    await page.keyboard.press('Enter');
    await mine.getByText('Shown at once').waitFor();
    await first.asked;
    expect(await mine.locator('[data-status=sending]').count()).toBe(1);
    expect(await textbox.inputValue()).toBe('');
    await first.letGo();
    await mine.locator('[data-status=delivered]').waitFor();
    expect(await mine.count()).toBe(1);

    // A message that WhatsApp refuses says why, and stays.
    await refuseNext();
    await textbox.fill('Refused');
    await page.keyboard.press('Enter');
    const refused = mine.filter({ hasText: 'Refused' });
    await refused.getByText(/^Not sent: .*479/).waitFor();
    await expectAccessible(page);

    await theirs.getByRole('button', { name: 'More' }).click();
    await refuseNext();
    const second = await holdWrites(page);
    await theirs.getByRole('button', { name: 'React with 🙏' }).click();
    await theirs.getByLabel('Reactions').getByText('🙏').waitFor();
    await second.asked;
    await second.letGo();
    await theirs.getByLabel('Reactions').waitFor({ state: 'detached' });
    await page.getByRole('status', { name: 'Messages of the page' }).getByText(/479/).waitFor();

    const delivered = mine.filter({ hasText: 'Shown at once' });
    await delivered.getByRole('button', { name: 'More' }).click();
    await delivered.getByRole('button', { name: 'Edit' }).click();
    await refuseNext();
    await textbox.fill('Other words');
    await page.keyboard.press('Enter');
    // The old words are back, and the new ones where they can be sent again.
    await page.getByText('Edit: Shown at once').waitFor();
    await delivered.waitFor();
    expect(await textbox.inputValue()).toBe('Other words');
    await page.keyboard.press('Escape');

    // A session that sends nothing: the words come back.
    await opened.client.call('stopSession', { params: { id: session.id } });
    await page.locator('[data-state=stopped]').waitFor();
    const third = await holdWrites(page);
    await textbox.fill('Not lost');
    await page.keyboard.press('Enter');
    await mine.getByText('Not lost').waitFor();
    await third.asked;
    await third.letGo();
    await mine.getByText('Not lost').waitFor({ state: 'detached' });
    await expect.poll(() => textbox.inputValue()).toBe('Not lost');
    expect((await screenOf(opened.client, friend)).map(({ text }) => text)).toEqual(['Are you open?', 'Shown at once']);
  }, 120_000);
});
