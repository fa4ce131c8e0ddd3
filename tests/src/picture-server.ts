/** A server with the dashboard, for taking pictures outside of the tests. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { buildDashboard } from '../../scripts/dashboard.mjs';
import { startProgram } from './child-process.ts';

export const root = join(import.meta.dirname, '..', '..');

export type PictureServer = AsyncDisposable & { url: string; apiKey: string };

/** Its data go with this process. */
export async function startPictureServer(): Promise<PictureServer> {
  if (!buildDashboard()) throw new Error('The dashboard could not be built');
  const dataDir = mkdtempSync(join(tmpdir(), 'zapfleet-pictures-'));
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const program = startProgram(join(root, 'server', 'src', 'main.ts'), {
    cwd: dataDir,
    env: { PORT: '0', DATA_DIR: dataDir, WEBHOOK_ALLOW_PRIVATE: 'true' },
  });
  return {
    url: await program.printed(/^Zapfleet is ready at (http:\/\/\S+)$/m),
    apiKey: readFileSync(await program.printed(/^API key: (.+)$/m), 'utf8').trim(),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** Resolves when nothing on the page is on its way: no spinner, and every image in sight is drawn. */
export async function settle(page: Page): Promise<void> {
  await page.locator('.spin').first().waitFor({ state: 'detached' });
  await page.evaluate(`Promise.all(
    [...document.images]
      .filter((image) => image.getBoundingClientRect().bottom > 0 && image.getBoundingClientRect().top < innerHeight)
      .map((image) => image.decode()),
  )`);
}
