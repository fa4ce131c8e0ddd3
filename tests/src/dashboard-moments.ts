/** What the screens of the dashboard look like in moments that pass: questions, receipts, results, empty lists, and what went wrong. */
import type { Browser, Page } from 'playwright-core';
import { type Client, connect } from './client.ts';
import { go, isNarrow } from './dashboard-world.ts';
import { linkSession, newPhone } from './linking.ts';

/** Brings the page there; the moments follow one another in their order. */
export type Moment = readonly [name: string, prepare: (page: Page) => Promise<void>];

const button = (page: Page, name: RegExp) => page.locator('#main').getByRole('button', { name }).first();
const inDialog = (page: Page, name: RegExp) => page.getByRole('dialog').getByRole('button', { name });
const asCards = /as cards|como cartões/;
const asTable = /as a table|como tabela/;
const tab = (page: Page, at: number) => page.locator('#main').getByRole('tab').nth(at).click();

async function picture(browser: Browser): Promise<string> {
  const page = await browser.newPage({ viewport: { width: 480, height: 320 } });
  await page.setContent(
    `<body style="margin:0;display:grid;place-items:center;height:100vh;background:linear-gradient(160deg,#f6d9a8,#c98b46)">
     <div style="font:600 34px system-ui;color:#4a2a0c">Cardápio de hoje</div></body>`,
  );
  const png = await page.screenshot();
  await page.close();
  return png.toString('base64');
}

async function fail(client: Client): Promise<string> {
  const { id } = await linkSession(client, 'otica-sol', await newPhone(client, 'Ótica Sol'));
  await client.call('createSandboxFault', { body: { kind: 'banned', sessionId: id } });
  await client.waitForEvent(({ type }) => type === 'session.failed', { sessionId: id });
  return id;
}

/** After `furnish`, whose sessions and tenants are used. */
export async function furnishMoments(
  server: { url: string; apiKey: string },
  browser: Browser,
): Promise<{ moments: readonly Moment[]; openPairing(page: Page): Promise<void> }> {
  const client = connect(server);
  const failed = await fail(client);
  const image = { base64: await picture(browser), mimetype: 'image/png' };
  const file = {
    base64: Buffer.from('%PDF-1.4').toString('base64'),
    mimetype: 'application/pdf',
    filename: 'Pedido 204.pdf',
  };
  const asBruno = { params: { phone: '5511987650003' } };
  const bakery = '5511987650001';
  for (const body of [
    { type: 'image', to: bakery, media: image, caption: 'É este o cardápio?' },
    { type: 'document', to: bakery, media: file },
    { type: 'location', to: bakery, latitude: -23.5505, longitude: -46.6333, name: 'Praça da Sé' },
  ] as const)
    await client.call('writeFromSandboxPhone', { ...asBruno, body });
  const { id: session } = await client.call('getSession', { params: { id: 'padaria' } });
  const { id: stopped } = await client.call('getSession', { params: { id: 'loja-3' } });
  const { id: loggedOut } = await client.call('getSession', { params: { id: 'clinica' } });
  const { id: linking } = await client.call('getSession', { params: { id: 'nova' } });
  const { data: tenants } = await client.call('listTenants', { query: {} });
  const resale = tenants.find(({ name }) => name === 'Revenda Sul')?.id ?? '';

  let made = 0;
  const open = async (page: Page, id: string, path = ''): Promise<void> => {
    await go(page, `/app/sessions/${id}${path}`);
    await page.locator('#main [role=tablist]').first().waitFor();
  };
  const choose = async (page: Page, name: RegExp | string): Promise<void> => {
    if (isNarrow(page)) await page.locator('header button[aria-controls=menu]').click();
    await page
      .locator('header select')
      .first()
      .selectOption({ label: String(name) });
    if (isNarrow(page)) await page.locator('header button[aria-controls=menu]').click();
  };

  const moments: Moment[] = [
    [
      'menu',
      async (page) => {
        await go(page, '/app/sessions');
        if (isNarrow(page)) await page.locator('header button[aria-controls=menu]').click();
      },
    ],
    [
      'sessions-cards',
      async (page) => {
        await go(page, '/app/overview');
        await go(page, '/app/sessions');
        // A narrow window has one view, and no button.
        if (!isNarrow(page)) await button(page, asCards).click();
      },
    ],
    [
      'sessions-chosen',
      async (page) => {
        if (!isNarrow(page)) await button(page, asTable).click();
        await page.getByRole('checkbox').nth(1).check();
        await page.getByRole('checkbox').nth(2).check();
      },
    ],
    [
      'sessions-delete',
      async (page) => {
        await button(page, /^(Delete|Excluir)$/).click();
      },
    ],
    [
      'sessions-none-fits',
      async (page) => {
        await page.keyboard.press('Escape');
        await page.locator('#main input[type=search]').fill('xyz');
      },
    ],
    ['session-failed', (page) => open(page, failed)],
    ['session-logged-out', (page) => open(page, loggedOut)],
    ['session-stopped', (page) => open(page, stopped)],
    ['chats-empty', (page) => open(page, stopped, '/chats')],
    [
      'session-link-code',
      async (page) => {
        await open(page, linking);
        await page
          .locator('[role=tab]')
          .filter({ hasText: /Pairing code|Código de pareamento/ })
          .click();
        await page.locator('input[name=phone]').fill('+55 11 98765-0003');
        await page.locator('input[name=phone]').press('Enter');
        await page.locator('.font-mono').first().waitFor();
      },
    ],
    [
      'session-link-page',
      async (page) => {
        await page
          .locator('[role=tab]')
          .filter({ hasText: /Send a link|Enviar link/ })
          .click();
        await button(page, /^(Create the link|Criar o link)$/).click();
        await page.locator('#main input[readonly]').waitFor();
      },
    ],
    [
      'chats-media',
      async (page) => {
        await open(page, session, '/chats');
        await page.getByRole('button', { name: /Bruno Lima/ }).click();
        await page.getByRole('log').getByText('Praça da Sé').waitFor();
      },
    ],
    [
      'session-disconnect',
      async (page) => {
        await open(page, session);
        await button(page, /^(Disconnect|Desconectar)$/).click();
      },
    ],
    [
      'session-delete',
      async (page) => {
        await page.keyboard.press('Escape');
        const { id } = await linkSession(client, `antiga-${(made += 1)}`, await newPhone(client, 'Papelaria Antiga'));
        await open(page, id);
        await button(page, /^(Delete|Excluir)$/).click();
      },
    ],
    [
      'session-receipt',
      async (page) => {
        await inDialog(page, /^(Delete for good|Excluir de vez)$/).click();
        await page
          .getByText(/is deleted\.|foi excluída\./)
          .first()
          .waitFor();
      },
    ],
    [
      'webhooks-deliveries',
      async (page) => {
        await go(page, '/app/webhooks');
        await button(page, /^(Deliveries|Entregas)$/).click();
        await page.locator('#main details, #main li li').first().waitFor();
      },
    ],
    [
      'webhooks-add',
      async (page) => {
        await button(page, /^(Add webhook|Adicionar webhook)$/).click();
      },
    ],
    [
      'accounts-keys',
      async (page) => {
        await page.keyboard.press('Escape');
        await go(page, '/app/accounts');
        await tab(page, 1);
      },
    ],
    ['accounts-audit', (page) => tab(page, 3)],
    [
      'sessions-empty',
      async (page) => {
        await go(page, '/app/sessions');
        await choose(page, 'Revenda Sul');
      },
    ],
    ['overview-empty', (page) => go(page, '/app/overview')],
    [
      'cleanup-result',
      async (page) => {
        for (const at of [1, 2, 3])
          await client.call('createSession', {
            body: { name: `cliente-${at}`, network: 'sandbox', tenantId: resale, start: at === 1 },
          });
        await go(page, '/app/cleanup');
        await page.locator('#main form button[type=submit]').click();
        const confirm = page.locator('input[name=confirm]');
        await confirm.fill((await page.locator('html').getAttribute('lang')) === 'en' ? 'DELETE' : 'EXCLUIR');
        await confirm.press('Enter');
        await confirm.waitFor({ state: 'detached' });
      },
    ],
  ];
  return {
    moments,
    openPairing: async (page) => {
      // Its codes may have run out meanwhile.
      await client.call('startSession', { params: { id: linking } });
      const { url } = await client.call('createPairingLink', { params: { id: linking }, body: {} });
      await page.goto(url);
      await page.locator('figure img').waitFor();
    },
  };
}
