import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { hasChrome, openPage, type PageOptions } from './browser.ts';
import { connect } from './client.ts';
import { go, signIn } from './dashboard-world.ts';
import { newPhone } from './linking.ts';
import { startServer } from './server.ts';
import { useDashboard } from './opened-dashboard.ts';

describe.skipIf(!hasChrome)('the dashboard', () => {
  // No browser for the engine that needs one: what is missing is to be seen.
  const opened = useDashboard({ WEBHOOK_ALLOW_PRIVATE: 'true', CHROME_PATH: '/nowhere/chromium' });

  const open = (options?: PageOptions) => openPage(opened.browser, `${opened.server.url}/app`, options);
  const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click();
  const state = (page: Page, name: string) => page.locator(`[data-session-state=${name}]`).waitFor({ timeout: 20_000 });

  async function addNumber(page: Page, name: string): Promise<void> {
    await page.getByRole('link', { name: 'Add number' }).click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Network').selectOption('sandbox');
    await page.getByText('only simulated phones of the sandbox can scan its code').waitFor();
    await press(page, 'Create and show the code');
    await page.getByRole('heading', { name, level: 1 }).waitFor();
  }

  test('an owner sets the server up, adds a number, sees it unlinked, links it again, logs it out and deletes it', async () => {
    const setUp = /(http:\S+\/setup\?token=\S+)/.exec(opened.server.output())?.[1] ?? '';
    await using visit = await openPage(opened.browser, setUp);
    const { page, complaints } = visit;
    await expect.poll(() => page.url()).not.toContain('token');
    await expectAccessible(page);
    await page.getByLabel('E-mail').fill('owner@example.com');
    await page.getByLabel('Password').fill('correct horse battery');
    await press(page, 'Set up');
    await page.getByText('No sessions yet').waitFor();
    await page.locator('.uplot').waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByText('No sessions yet').waitFor();

    await addNumber(page, 'shop-1');
    await page.getByRole('img', { name: /^QR code number 1/ }).waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Sandbox' }).click();
    for (const name of ['Shop', 'Bruno <i>Lima</i>']) {
      await page.getByRole('form').getByLabel('Name').fill(name);
      await press(page, 'New phone');
      await page.getByRole('heading', { name }).waitFor();
    }
    const shop = page.getByRole('region', { name: /^Shop/ });
    const bruno = page.getByRole('region', { name: /^Bruno/ });
    await shop.getByRole('button', { name: 'Scan the code of “shop-1”' }).click();
    await shop.getByText('online').waitFor();
    await expectAccessible(page);

    await bruno.getByLabel('Write to').selectOption({ label: 'To Shop' });
    await bruno.getByLabel('Message from this phone').fill('Hello <b>shop</b>');
    await bruno.getByLabel('Message from this phone').press('Enter');
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('link', { name: 'shop-1' }).click();
    await page.getByRole('tab', { name: 'Chats' }).click();
    await page.getByRole('button', { name: /Bruno <i>Lima<\/i>/ }).click();
    await page.getByRole('log').getByText('Hello <b>shop</b>').waitFor();
    await page.getByRole('textbox', { name: 'Message' }).fill('Good morning');
    await page.keyboard.press('Enter');
    await page.locator('article [data-status=delivered]').waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Sandbox' }).click();
    await bruno.getByText('Good morning').waitFor();
    await shop.getByRole('button', { name: 'Unlink' }).click();
    await page.goBack();
    await page.getByRole('tab', { name: 'Summary' }).click();
    await state(page, 'logged_out');
    await press(page, 'Link again');
    await press(page, 'Scan with a sandbox phone');
    await state(page, 'connected');

    // A reload takes the login up again by its cookie; nothing that opens anything is kept in the opened.browser.
    await page.reload();
    await state(page, 'connected');
    const kept = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])');
    expect(kept).toBe('[{"zapfleet.person":"1"},{}]');

    await press(page, 'Force logout');
    await page.getByText('It can be linked again with a new scan.').waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await state(page, 'connected');
    await press(page, 'Force logout');
    await press(page, 'Log out');
    await page.getByText('“shop-1” is logged out.').waitFor();
    await page.getByText('WhatsApp confirmed that this device was removed.').waitFor();
    await state(page, 'logged_out');

    await press(page, 'Delete');
    await press(page, 'Delete for good');
    await page.getByText('“shop-1” is deleted.').waitFor();
    for (const name of ['left-1', 'left-2']) {
      await connect(opened.server).call('createSession', { body: { name, network: 'sandbox' } });
    }
    await page.getByRole('link', { name: 'Clear all' }).click();
    await press(page, 'Show what would be deleted');
    await page.getByText('2 sessions would be deleted').waitFor();
    await expectAccessible(page);
    await page.getByLabel('Type DELETE to confirm').fill('DELETE');
    await press(page, 'Delete 2 sessions for good');
    await page.getByText('2 sessions deleted.').waitFor();
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByText('No sessions yet').waitFor();
    // A session that was deleted a moment ago, and a code that was scanned, may just have been asked for.
    expect(complaints.filter((one) => !/status of (404|409)/.test(one))).toEqual([]);

    await press(page, 'Sign out');
    await page.getByLabel('Password', { exact: true }).waitFor();
  }, 180_000);

  test('who has the wrong password or key is told so, and who has the right key gets in', async () => {
    await using visit = await open();
    const { page } = visit;
    await expectAccessible(page);
    await page.getByRole('textbox', { name: 'E-mail' }).fill('nobody@example.com');
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.keyboard.press('Enter');
    await page.getByText('E-mail and password do not belong together.').waitFor();
    await page.getByRole('tab', { name: 'E-mail and password' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('textbox', { name: 'API key' }).fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('The server does not know this key.').waitFor();
    await page.getByRole('textbox', { name: 'API key' }).fill(opened.server.apiKey);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).toBe('[{},{}]');
  });

  test('the server says what it is and where its documents are, and one changes the own password', async () => {
    const client = connect(opened.server);
    const [email, before, after] = ['rui@example.com', 'three words of rui', 'four other words of rui'];
    await client.call('createUser', { body: { email, role: 'viewer', password: before } });
    await using visit = await open();
    const { page, complaints } = visit;
    await page.getByRole('textbox', { name: 'E-mail' }).fill(email);
    await page.getByLabel('Password', { exact: true }).fill(before);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Docs and settings' }).click();
    await page.getByText(process.versions.node, { exact: true }).waitFor();
    await page.getByText(/no browser at CHROME_PATH|whatsapp-web.js is not installed/).waitFor();
    for (const link of await page.locator('#main a').all()) {
      const address = (await link.getAttribute('href')) ?? '';
      expect([address, (await fetch(new URL(address, opened.server.url))).status]).toEqual([address, 200]);
    }
    await page.getByLabel('Current password').fill(after);
    await page.getByLabel('New password').fill(after);
    await press(page, 'Change it');
    await page.getByText('E-mail and password do not belong together.').waitFor();
    await page.getByLabel('Current password').fill(before);
    await press(page, 'Change it');
    await page.getByText('The password is changed.').waitFor();
    await expectAccessible(page);
    await client.withKey(null).call('login', { body: { email, password: after } });
    await page.locator('#main select').first().selectOption('pt-BR');
    await page.getByRole('heading', { name: 'Documentação e ajustes' }).waitFor();
    expect(complaints.filter((one) => !one.includes('status of 401'))).toEqual([]);
  });

  test('a name that is taken or wrong is told at its field', async () => {
    await using visit = await open();
    const { page } = visit;
    await connect(opened.server).call('createSession', { body: { name: 'taken', network: 'sandbox', start: false } });
    await signIn(page, opened.server.apiKey);
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('link', { name: 'Add number' }).click();
    const name = page.getByLabel('Name', { exact: true });
    await name.fill('Taken');
    await name.press('Enter');
    await page.getByText('Another session has this name.').waitFor();
    expect(await name.getAttribute('aria-invalid')).toBe('true');
    await name.fill('../x y');
    await name.press('Enter');
    await page.getByText(/may hold only/).waitFor();
    // What an engine wants to know, and that it is not there.
    await name.fill('browsing');
    await page.getByLabel('Engine').selectOption('webjs');
    await page.getByLabel('Window of its browser').selectOption('None (headless)');
    await press(page, 'Create and show the code');
    const engine = page.getByLabel('Engine');
    await expect.poll(() => engine.getAttribute('aria-invalid')).toBe('true');
    await engine.selectOption('evolution');
    await page.getByLabel('Address of the server').fill('http://127.0.0.1:9/');
    await page.getByLabel('Its API key').fill('a key of its own');
    await expectAccessible(page);
    await press(page, 'Create and show the code');
    await page.getByText(/The address may not be called from here/).waitFor();
    expect(await page.getByLabel('Address of the server').getAttribute('aria-invalid')).toBe('true');
  });

  test('a linking that is refused, stopped or done says so where the code was', async () => {
    await using visit = await open();
    const { page, complaints } = visit;
    const client = connect(opened.server);
    await signIn(page, opened.server.apiKey);
    await page.getByRole('link', { name: 'Sessions' }).click();
    await addNumber(page, 'endings');
    const ending = (kind: string) => page.locator(`[data-link-ending=${kind}]`).waitFor();
    const code = () => page.getByRole('img', { name: /^QR code number/ }).waitFor();
    await code();
    const fault = { kind: 'error', sessionId: 'endings', phase: 'pairing', code: 401 } as const;
    await client.call('createSandboxFault', { body: fault });
    await ending('refused');
    await expectAccessible(page);
    await client.call('clearSandboxFaults');
    await press(page, 'Link again');
    await code();
    await page.getByRole('tab', { name: 'Pairing code' }).click();
    await client.call('createSandboxPhone', { body: { phoneNumber: '5511987654321' } });
    await page.getByLabel('Phone number').fill('+55 11 98765-4321');
    await press(page, 'Get the code');
    await page.getByText(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/).waitFor();
    // Nothing is linked that could stay so.
    await press(page, 'Stop');
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await ending('stopped');
    await press(page, 'Show a code');
    await code();
    await press(page, 'Scan with a sandbox phone');
    await ending('linked');
    // A code may be gone when it is asked for.
    expect(complaints.filter((one) => !one.includes('status of 409'))).toEqual([]);
  });

  test('a webhook is added, tested and given up, and a key and a link are shown once', async () => {
    await using visit = await open();
    const { page, complaints } = visit;
    await signIn(page, opened.server.apiKey);
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await press(page, 'Add webhook');
    await expect.poll(() => page.locator('dialog :focus').getAttribute('name')).toBe('url');
    await page.keyboard.type('http://127.0.0.1:9/hook');
    await press(page, /^Add$/);
    expect(await page.getByRole('dialog', { name: 'Secret' }).getByRole('textbox').inputValue()).toMatch(/^whsec_/);
    await press(page, 'Close');
    await press(page, 'Test');
    await page.getByText(/^The receiver did not take it/).waitFor();
    await press(page, 'Deliveries');
    await page.getByText('No deliveries.').waitFor();
    await expectAccessible(page);

    await page.getByRole('link', { name: 'Accounts' }).click();
    await page.getByRole('textbox', { name: 'E-mail' }).fill('ana@example.com');
    await press(page, 'Invite');
    expect(await page.getByRole('dialog').getByRole('textbox').inputValue()).toMatch(/\/invitation\.html#token=/);
    await expectAccessible(page);
    await press(page, 'Close');
    await page.getByRole('tab', { name: 'API keys' }).click();
    await page.getByLabel('What the key is for').fill('billing <b>');
    await press(page, 'Create key');
    const key = await page.getByRole('dialog').getByRole('textbox').inputValue();
    await press(page, 'Close');
    await page.getByText('billing <b>').waitFor();
    expect(await connect({ ...opened.server, apiKey: key }).call('whoAmI')).toMatchObject({ role: 'agent' });
    await page.getByRole('tab', { name: 'Audit log' }).click();
    await page.getByText('createApiKey').first().waitFor();
    await expectAccessible(page);
    expect(complaints).toEqual([]);
  });

  test('a session shows who hears it, what was sent there and what it did, and takes all its settings', async () => {
    await using visit = await open();
    const { page, complaints } = visit;
    await signIn(page, opened.server.apiKey);
    const client = connect(opened.server);
    await client.call('createWebhook', { body: { url: 'http://127.0.0.1:9/all', events: ['message.*'] } });
    const { id } = await client.call('createSession', { body: { name: 'heard', network: 'sandbox', start: false } });
    await go(page, `/app/sessions/${id}/webhooks`);
    await page.getByRole('heading', { name: 'http://127.0.0.1:9/all' }).waitFor();
    await press(page, 'Add webhook');
    await page.getByLabel('Address').fill('http://127.0.0.1:9/own');
    await page.getByLabel('Events').fill('session.*');
    await page.getByLabel('Custom headers').fill('Authorization: Bearer secret');
    await press(page, /^Add$/);
    await page.getByRole('dialog', { name: 'Secret' }).waitFor();
    await press(page, 'Close');
    const own = page.getByRole('region', { name: 'Webhooks of this session' });
    await own.getByText('with Authorization').waitFor();
    await client.call('startSession', { params: { id } });
    await own.getByRole('button', { name: 'Deliveries' }).click();
    // The oldest stays where it is while others come.
    await own.getByText('session.state_changed').last().click();
    const request = own.getByRole('region', { name: 'Request' });
    await request.getByText('webhook-signature: ***').waitFor();
    expect(await request.textContent()).toMatch(
      /POST http:\/\/127\.0\.0\.1:9\/own.*Authorization: \*\*\*.*"to": "(connecting|linking)"/s,
    );
    await own
      .getByText(/Next attempt/)
      .filter({ visible: true })
      .first()
      .waitFor();
    await expectAccessible(page);
    // What fails is told on the overview, which leads to what became of its deliveries, and of which session each is.
    await page.getByRole('link', { name: 'Overview' }).click();
    const failing = page.getByRole('listitem').filter({ hasText: 'http://127.0.0.1:9/own' });
    await failing.getByText(/^Failing since/).waitFor();
    await failing.getByRole('link', { name: 'Open its deliveries' }).click();
    await page
      .locator('details', { hasText: 'session.state_changed' })
      .getByText('heard', { exact: true })
      .last()
      .waitFor();
    await expectAccessible(page);
    await go(page, `/app/sessions/${id}/events`);
    // The newest first, and live.
    const happened = page.getByRole('region', { name: 'Events' }).getByRole('listitem');
    await happened.last().locator('summary').getByText('session.created').waitFor();
    await page.getByLabel('Kind').selectOption('session.*');
    const before = await happened.count();
    await client.call('stopSession', { params: { id } });
    await expect.poll(() => happened.count()).toBeGreaterThan(before);
    await happened.first().locator('summary').getByText('session.state_changed').waitFor();
    await client.call('startSession', { params: { id } });
    await page.getByRole('tab', { name: 'Metrics' }).click();
    await page.locator('.uplot').waitFor();
    await expectAccessible(page);
    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.getByLabel('Messages on the first day').fill('20');
    await page.getByLabel('Days until the full limit').fill('10');
    await page.getByLabel('Messages a day').fill('500');
    await page.getByLabel('In groups too').selectOption('Yes');
    await press(page, 'Save');
    await page.getByText('Saved.', { exact: true }).waitFor();
    const kept = async () =>
      (({ limits, commands }) => ({ limits, commands }))(await client.call('getSession', { params: { id } }));
    expect(await kept()).toMatchObject({
      limits: { perDay: 500, warmup: { startPerDay: 20, days: 10 } },
      commands: { groups: true },
    });
    for (const name of ['Messages on the first day', 'Days until the full limit', 'Messages a day'])
      await page.getByLabel(name).fill('');
    await press(page, 'Save');
    await expect.poll(async () => (await kept()).limits).toMatchObject({ perDay: null, warmup: null });
    expect(complaints).toEqual([]);
  }, 120_000);

  test('the overview counts what it lists, says of which tenant, and helps at once; a message that waits says why', async () => {
    const client = connect(opened.server);
    const { id: tenantId } = await client.call('createTenant', { body: { name: 'South' } });
    await client.call('createSession', { body: { name: 'far', network: 'sandbox', start: false, tenantId } });
    const { id } = await client.call('createSession', {
      body: { name: 'taken-over', network: 'sandbox', limits: { perMinute: 1 } },
    });
    const phone = await newPhone(client, 'Shop');
    await client.call('getQr', { params: { id }, query: { wait: 20 } });
    await client.call('scanWithSandboxPhone', { params: { phone }, body: { sessionId: id } });
    await client.waitForEvent((event) => event.type === 'session.connected' && event.session.id === id);
    const to = await newPhone(client, 'Bruno');
    for (const text of ['first', 'second'])
      await client.call('sendMessage', { params: { id }, query: { wait: 0 }, body: { to, text } });

    await using visit = await open();
    const { page, complaints } = visit;
    await signIn(page, opened.server.apiKey);
    await page.getByText('Tenant: default').waitFor();
    await page.getByText(/^In the whole installation, 2 tenants · /).waitFor();
    await go(page, `/app/sessions/${id}/chats`);
    await page.getByRole('button', { name: /second/ }).click();
    await page.getByText(/^Waits to be sent: it is the next/).waitFor();
    await client.call('createSandboxFault', { body: { kind: 'replaced', sessionId: id } });
    await client.waitForEvent((event) => event.type === 'session.failed' && event.session.id === id);
    await page.getByRole('link', { name: 'Overview' }).click();
    await expectAccessible(page);
    await press(page, 'Take over here: taken-over');
    await client.waitForEvent((event) => event.type === 'session.connected' && event.session.id === id);
    await page.getByRole('button', { name: 'Take over here: taken-over' }).waitFor({ state: 'detached' });
    await page.getByLabel('Tenant').selectOption('South');
    await page.getByText('Tenant: South').waitFor();
    await page.getByText('0 / 1', { exact: true }).waitFor();
    await page.getByLabel('Tenant').selectOption('default');
    expect(complaints).toEqual([]);

    // An administrator of one tenant sees what it may have and has, and cannot change it.
    const { key } = await client.call('createApiKey', { body: { name: 'south', role: 'admin', tenantId } });
    await using other = await open();
    await signIn(other.page, key);
    await other.page.getByRole('link', { name: 'Accounts' }).click();
    await other.page.getByRole('tab', { name: 'Limits and usage' }).click();
    await other.page.getByText(/^Sessions:\s1\s\//).waitFor();
    expect(await other.page.getByRole('button', { name: 'Suspend' }).count()).toBe(0);
    // The pages of the others have one tenant only.
    await client.call('cleanupSessions', { body: { tenantId } });
    await client.call('deleteTenant', { params: { id: tenantId } });
  }, 120_000);

  test('a customer without an account links his phone on a page of his own, in Portuguese, on a small phone', async () => {
    const client = connect(opened.server);
    const { id } = await client.call('createSession', {
      body: { name: 'customer', label: 'Loja <b>da</b> Ana', network: 'sandbox', start: false },
    });
    const { url } = await client.call('createPairingLink', { params: { id }, body: {} });
    await using visit = await openPage(opened.browser, url, { language: 'pt-BR', width: 360, height: 740 });
    const { page, complaints } = visit;
    await page.getByText(/^Vincular o WhatsApp a “.?Loja <b>da<\/b> Ana.?”$/).waitFor();
    await page.getByRole('img', { name: 'QR code número 1, para ler com um celular' }).waitFor();
    await expectAccessible(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const { phoneNumber: phone } = await client.call('createSandboxPhone', { body: {} });
    await client.call('scanWithSandboxPhone', { params: { phone }, body: { sessionId: id } });
    await page.getByText('Seu celular está vinculado.').waitFor();
    expect(complaints).toEqual([]);
  });

  test('many sessions are found, chosen and started together, and nothing is wider than a small phone', async () => {
    await using passing = await startServer();
    const client = connect(passing);
    const names = Array.from({ length: 60 }, (_, number) => `shop-${String(number).padStart(2, '0')}`);
    await Promise.all(
      names.map((name) => client.call('createSession', { body: { name, network: 'sandbox', start: false } })),
    );
    await using visit = await openPage(opened.browser, `${passing.url}/app`, { width: 360, height: 740 });
    const { page, complaints } = visit;
    await signIn(page, passing.apiKey);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await press(page, 'Menu');
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByText('60 of 60 sessions').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.getByLabel('Search by name or number').fill('shop-5');
    await page.getByText('10 of 60 sessions').waitFor();
    await page.getByLabel('Select shop-50').check();
    await page.getByLabel('Select shop-57').check();
    // All of a list are added to what is selected already, and taken away alone.
    const all = page.getByLabel('Select all');
    await page.getByLabel('Search by name or number').fill('shop-1');
    await all.check();
    await page.getByText('12 selected (2 of them not in this list)').waitFor();
    await all.uncheck();
    // What a search hides is still selected, and said to be.
    await page.getByLabel('Search by name or number').fill('SHÓP-50');
    await page.getByText('2 selected (1 of them not in this list)').waitFor();
    await press(page, 'Delete');
    await page.getByRole('listitem').filter({ hasText: 'shop-57' }).getByText('not in this list').waitFor();
    await press(page, 'Cancel');
    await page.getByLabel('Search by name or number').fill('nobody');
    await expect.poll(() => all.isDisabled()).toBe(true);
    await press(page, 'Start');
    await page.getByText('2 sessions started.').waitFor();
    await page.getByLabel('Search by name or number').fill('shop-5');
    await expect.poll(() => page.locator('[data-state=linking]').count()).toBe(2);
    await expectAccessible(page);
    expect(complaints).toEqual([]);

    const port = new URL(passing.url).port;
    await passing.kill();
    await page.getByText(/^Live updates are interrupted; what you see is from/).waitFor();
    await using _again = await startServer({ dataDir: passing.dataDir, env: { PORT: port } });
    await page.getByText(/^Live updates are interrupted/).waitFor({ state: 'detached', timeout: 20_000 });
    await client.call('stopSession', { params: { id: 'shop-50' } });
    await expect.poll(() => page.locator('[data-state=stopped]').count()).toBe(9);
  });
});
