/** The pictures in the README, into `docs/pictures/`: a fleet at work, in both languages. `npm run pictures`; it takes some minutes, for the chart. */
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { launchBrowser, openPage } from './browser.ts';
import { connect } from './client.ts';
import { furnishMoments } from './dashboard-moments.ts';
import { furnish, signIn } from './dashboard-world.ts';
import { linkSession, newPhone } from './linking.ts';
import { root, settle, startPictureServer } from './picture-server.ts';

const MINUTES = 4;
const MOST_BYTES = 150_000;
const others = [
  ['mercado', 'Mercado Bom Preço', '5531987650011'],
  ['pet-shop', 'Pet Shop Amigo Fiel', '5541987650012'],
  ['academia', 'Academia Movimento', '5551987650013'],
  ['farmacia', 'Farmácia Central', '5561987650014'],
  ['autoescola', 'Autoescola Rota Certa', '5571987650015'],
  ['floricultura', 'Floricultura Jardim', '5581987650016'],
  ['livraria', 'Livraria Página', '5585987650017'],
] as const;
const texts = ['Bom dia!', 'Vocês entregam hoje?', 'Qual é o horário?', 'Obrigado!', 'Pode reservar para mim?'];

const receiver = createServer((request, response) => {
  request.resume();
  response.end('ok');
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/whatsapp`;

const folder = join(root, 'docs', 'pictures');
mkdirSync(folder, { recursive: true });
await using server = await startPictureServer();
const browser = await launchBrowser();
const client = connect(server);
const { screens } = await furnish(server, { hook, tame: true });
const { moments } = await furnishMoments(server, browser);
for (const [name, label, phoneNumber] of others) {
  await client.call('createSandboxPhone', { body: { name: label, phoneNumber } });
  const { id } = await linkSession(client, name, phoneNumber);
  await client.call('patchSession', { params: { id }, body: { label } });
}
const customer = await newPhone(client, 'Carla Dias');
const until = Date.now() + MINUTES * 60_000;
for (let turn = 0; Date.now() < until; turn += 1) {
  const [name, , shop] = others[turn % others.length] ?? others[0];
  const text = texts[turn % texts.length] ?? 'Oi';
  // More in one minute than in another.
  for (let times = 0; times <= turn % 4; times += 1)
    await client.call('writeFromSandboxPhone', { params: { phone: customer }, body: { to: shop, text } });
  if (turn % 2 === 0)
    await client.call('sendMessage', { params: { id: name }, body: { to: customer, text: 'Claro!' } });
  await pause(7000);
}

const wanted = [
  ['overview', false],
  ['sessions', false],
  ['session-linking', false],
  ['chats', false],
  ['session-receipt', true],
  ['sandbox', true],
] as const;
for (const language of ['en-US', 'pt-BR'] as const) {
  for (const dark of [false, true]) {
    await using visit = await openPage(browser, `${server.url}/app`, { language, dark, width: 1280, height: 800 });
    const { page } = visit;
    await signIn(page, server.apiKey);
    // Its codes may have run out meanwhile.
    await client.call('startSession', { params: { id: 'nova' } });
    await client.call('getQr', { params: { id: 'nova' }, query: { wait: 20 } });
    for (const [name, inDark] of wanted.filter((one) => one[1] === dark)) {
      for (const [step, prepare] of [...screens, ...moments]) {
        // The receipt comes from the question before it.
        if (step === name || (name === 'session-receipt' && step === 'session-delete')) await prepare(page);
      }
      await settle(page);
      const path = join(folder, `${name}${inDark ? '-dark' : ''}.${language === 'en-US' ? 'en' : 'pt-br'}.png`);
      await page.mouse.move(0, 0);
      await page.screenshot({ path });
      if (statSync(path).size > MOST_BYTES) throw new Error(`${path} is larger than ${MOST_BYTES} bytes`);
    }
  }
}
await browser.close();
receiver.close();
