/** A server as a reseller would have it, for looking at the dashboard. */
import type { Page } from 'playwright-core';
import { connect } from './client.ts';

export type World = {
  /** Screen → how to get there. */
  screens: readonly (readonly [name: string, go: (page: Page) => Promise<void>])[];
};

/** With the key: it stays in memory, so the page must not be loaded anew afterwards. */
export async function signIn(page: Page, apiKey: string): Promise<void> {
  await page.getByRole('tab').nth(1).click();
  await page.locator('input[name=key]').fill(apiKey);
  await page.locator('form button[type=submit]').click();
  await page.locator('#main').waitFor();
}

/** Goes to an address of the dashboard as its own links do, without loading it anew. */
export async function go(page: Page, path: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`,
  );
}

/** The menu is behind a button. */
export const isNarrow = (page: Page): boolean => (page.viewportSize()?.width ?? 0) < 1024;

export type Furnishing = {
  /** Where events are sent to. Default: where nobody listens. */
  hook?: string;
  /** Without the names and texts that try to be more than text. */
  tame?: boolean;
};

export async function furnish(
  server: { url: string; apiKey: string },
  { hook = 'http://127.0.0.1:9/hook', tame = false }: Furnishing = {},
): Promise<World> {
  const or = (wild: string, tamed: string): string => (tame ? tamed : wild);
  const client = connect(server);
  const people = [
    ['Padaria São João', '5511987650001'],
    ['Clínica Vida', '5521987650002'],
    ['Bruno Lima', '5511987650003'],
    [or('Ana <b>Souza</b>', 'Ana Souza'), '5511987650004'],
  ] as const;
  for (const [name, phoneNumber] of people) await client.call('createSandboxPhone', { body: { name, phoneNumber } });
  const make = async (name: string, label: string, phone: string | null): Promise<string> => {
    const { id } = await client.call('createSession', {
      body: { name, label, network: 'sandbox', autoCleanupOnLogout: false, start: phone !== null },
    });
    if (phone === null) return id;
    await client.call('getQr', { params: { id }, query: { wait: 20 } });
    await client.call('scanWithSandboxPhone', { params: { phone }, body: { sessionId: id } });
    await client.waitForEvent((event) => event.type === 'session.connected' && event.session.id === id);
    return id;
  };
  const bakery = await make('padaria', 'Padaria São João, Centro', '5511987650001');
  const clinic = await make(
    'clinica',
    or('Clínica Vida <script>alert(1)</script>', 'Clínica Vida, Botafogo'),
    '5521987650002',
  );
  await client.call('unlinkSandboxDevice', { params: { phone: '5521987650002', device: 'all' } });
  await client.waitForEvent((event) => event.type === 'session.logged_out' && event.session.id === clinic);
  await make('loja-3', 'Loja 3', null);
  const waiting = await client.call('createSession', { body: { name: 'nova', network: 'sandbox' } });
  await client.call('getQr', { params: { id: waiting.id }, query: { wait: 20 } });

  const write = (phone: string, text: string, about: { quotedId?: string } = {}) =>
    client.call('writeFromSandboxPhone', { params: { phone }, body: { to: '5511987650001', text, ...about } });
  await write('5511987650003', 'Bom dia! Ainda tem pão de queijo?');
  const toBruno = { params: { id: bakery }, query: { wait: 10 } };
  const { waId } = await client.call('sendMessage', {
    ...toBruno,
    body: { to: '5511987650003', text: 'Bom dia, Bruno. Tem sim, saindo do forno agora.' },
  });
  await write('5511987650003', 'Separa uma dúzia pra mim, por favor', { quotedId: waId });
  await client.call('sendMessage', {
    ...toBruno,
    body: {
      type: 'poll',
      to: '5511987650003',
      question: 'Quando você passa?',
      options: ['Agora', 'Em 15 minutos', 'Depois do almoço'],
    },
  });
  await write('5511987650004', or('Oi <img src=x onerror=alert(1)>, vocês abrem amanhã?', 'Oi! Vocês abrem amanhã?'));

  await client.call('createWebhook', { body: { url: hook, events: ['message.*', 'session.*'] } });
  await client.call('createUser', {
    body: {
      email: 'ana@example.com',
      name: or('Ana <i>Souza</i>', 'Ana Souza'),
      role: 'agent',
      password: 'three words of ana',
    },
  });
  if (!tame)
    await client.call('createTenant', {
      body: { name: 'Revenda Sul', limits: { sessions: 50, messagesPerDay: 20_000 } },
    });

  const heading = (page: Page, text: string | RegExp) => page.getByRole('heading', { name: text, level: 1 }).waitFor();
  const screens: World['screens'] = [
    [
      'sessions',
      async (page) => {
        await go(page, '/app/sessions');
        await page.getByRole('link', { name: 'padaria', exact: true }).waitFor();
      },
    ],
    [
      'overview',
      async (page) => {
        await go(page, '/app/overview');
        await page.locator('.uplot').waitFor();
      },
    ],
    [
      'webhooks',
      async (page) => {
        await go(page, '/app/webhooks');
        await page.getByText(hook).waitFor();
      },
    ],
    [
      'settings',
      async (page) => {
        await go(page, '/app/settings');
        await page.getByText('Node.js').waitFor();
      },
    ],
    [
      'cleanup',
      async (page) => {
        await go(page, '/app/cleanup');
        await page.locator('#main form button[type=submit]').click();
        await page.locator('input[name=confirm]').waitFor();
      },
    ],
    [
      'accounts',
      async (page) => {
        await go(page, '/app/accounts');
        await page.getByText('ana@example.com').waitFor();
      },
    ],
    [
      'accounts-tenants',
      async (page) => {
        await page.getByRole('tab').nth(2).click();
        await page.locator('#main').getByText('Revenda Sul').waitFor();
      },
    ],
    [
      'new-session',
      async (page) => {
        await go(page, '/app/sessions/new');
        // Other forms have a name too.
        await page.locator('input[name=label]').waitFor();
      },
    ],
    [
      'session',
      async (page) => {
        await go(page, `/app/sessions/${bakery}`);
        await heading(page, 'padaria');
      },
    ],
    [
      'chats',
      async (page) => {
        await go(page, `/app/sessions/${bakery}/chats`);
        const bruno = page.getByRole('button', { name: /Bruno Lima/ });
        await bruno.waitFor();
        // The list alone, where a conversation takes its place.
        if (isNarrow(page)) return;
        await bruno.click();
        await page.getByRole('log').getByText('Quando você passa?').waitFor();
        await page.getByRole('log').getByRole('article').first().scrollIntoViewIfNeeded();
      },
    ],
    [
      'sandbox',
      async (page) => {
        await go(page, '/app/sandbox');
        const texts = [
          ['5511987650001', /abrem amanhã/],
          ['5511987650003', 'Quando você passa?'],
          ['5511987650004', /abrem amanhã/],
        ] as const;
        for (const [phone, text] of texts) await page.locator(`[data-phone="${phone}"]`).getByText(text).waitFor();
      },
    ],
    [
      'session-linking',
      async (page) => {
        // Its codes may have run out meanwhile.
        await client.call('startSession', { params: { id: waiting.id } });
        await go(page, `/app/sessions/${waiting.id}`);
        await page.locator('figure img').waitFor();
      },
    ],
    [
      'session-metrics',
      async (page) => {
        await go(page, `/app/sessions/${bakery}/metrics`);
        await page.locator('.uplot').waitFor();
      },
    ],
    [
      'session-webhooks',
      async (page) => {
        await go(page, `/app/sessions/${bakery}/webhooks`);
        await page.getByText(hook).waitFor();
      },
    ],
    [
      'session-settings',
      async (page) => {
        await go(page, `/app/sessions/${bakery}/settings`);
        await page.locator('input[name=perDay]').waitFor();
      },
    ],
    [
      'session-events',
      async (page) => {
        await go(page, `/app/sessions/${bakery}/events`);
        await page.locator('details').first().waitFor();
      },
    ],
  ];
  return { screens };
}
