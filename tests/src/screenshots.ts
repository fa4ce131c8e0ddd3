/**
 * Pictures of every screen of the dashboard, in both languages, both themes, wide and narrow, taken of a real server with the sandbox
 * behind it. `npm run screenshots [-- <part of a name>]`; they are written to `screenshots/`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser, openPage } from './browser.ts';
import { furnishMoments } from './dashboard-moments.ts';
import { furnish, signIn } from './dashboard-world.ts';
import { layCable } from './network-cable.ts';
import { root, settle, startPictureServer } from './picture-server.ts';

const [only = ''] = process.argv.slice(2);
const folder = join(root, 'screenshots');
mkdirSync(folder, { recursive: true });
await using server = await startPictureServer();
const { url, apiKey } = server;
const browser = await launchBrowser();
const world = await furnish({ url, apiKey });
const { moments, openPairing } = await furnishMoments({ url, apiKey }, browser);
const { port } = new URL(url);
await using cable = await layCable(Number(port));
/** The same server, over something that can be cut. */
const cuttable = `http://127.0.0.1:${cable.port}`;

for (const language of ['en-US', 'pt-BR'] as const) {
  for (const dark of [false, true]) {
    for (const width of [1440, 360]) {
      const look = `${language}-${dark ? 'dark' : 'light'}-${width}`;
      if (/^(en|pt)-/.test(only) && !look.startsWith(only)) continue;
      await using visit = await openPage(browser, `${cuttable}/app`, {
        language,
        dark,
        width,
        height: width === 360 ? 740 : 900,
      });
      const { page, complaints } = visit;
      const take = async (name: string): Promise<void> => {
        const path = join(folder, `${name}-${look}.png`);
        // What is pointed at looks as if it were chosen.
        await page.mouse.move(0, 0);
        // What sticks to the window would lie in the middle of the page.
        await page.evaluate('scrollTo(0, 0)');
        await settle(page);
        // What lies behind a dialog is darkened as far as the window goes only.
        const fullPage = (await page.locator('dialog[open]').count()) === 0;
        if (path.includes(only)) await page.screenshot({ path, fullPage });
      };
      await take('login');
      await signIn(page, apiKey);
      for (const [name, prepare] of [...world.screens, ...moments]) {
        await prepare(page);
        await take(name);
      }
      await cable.cut();
      await page.locator('header + div > [role=status] p').waitFor();
      await take('lost');
      await cable.mend(Number(port));
      await openPairing(page);
      await take('pairing');
      // What could not be asked for while the cable was cut is no fault.
      for (const complaint of complaints.filter((one) => !/ERR_(CONNECTION|INCOMPLETE)/.test(one)))
        console.error(`${look}: ${complaint}`);
    }
  }
}
await browser.close();
