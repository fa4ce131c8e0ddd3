/** A Chromium for the tests of pages, and pages that remember what went wrong in them. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/browsers.mjs';

const chromePath = findChromium();
/** Where it is missing the tests are skipped, and the last lines of the run say so. */
export const hasChrome = chromePath !== undefined;

/** The profile is temporary and goes with the browser. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    ...(chromePath !== undefined && { executablePath: chromePath }),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export type WatchedPage = AsyncDisposable & {
  page: Page;
  /** Errors of the console and of scripts, requests that failed, and everything that the content security policy refused. */
  complaints: string[];
};

export type PageOptions = { language?: 'en-US' | 'pt-BR'; width?: number; height?: number; dark?: boolean };

/** A page with its own storage, as a new visitor's. */
export async function openPage(
  browser: Browser,
  url: string,
  { language = 'en-US', width = 1280, height = 900, dark = false }: PageOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    locale: language,
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}
