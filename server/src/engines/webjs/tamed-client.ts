/**
 * The library's client without what makes it end the process or act behind our back: it removes no profile, closes no browser by itself,
 * and nothing that it does unasked can reject.
 */
import { IS_INJECTED } from './page-scripts.ts';
import type { Client, Library, Page } from './library.ts';

/** The address to which the page goes when WhatsApp logged it out. */
export const LOGGED_OUT_MARK = 'post_logout=1';

export type Hooks = {
  /** The browser has started and has loaded nothing yet. */
  browserStarted(page: Page): Promise<void>;
  /** A new document is loading; called for the first one too. */
  documentComes(page: Page): void;
  /** Whether the run has begun to end. */
  hasEnded(): boolean;
};

/** `puppeteer`: options of one start, for this client alone. */
export function tamedClient({ Client: Base, NoAuth }: Library, puppeteer: object, hooks: Hooks): Client {
  /** The library calls these around its own steps. A logout removes nothing here: the run does, once the browser is gone. */
  class OurLogin extends NoAuth {
    #hasStarted = false;

    /** Called again after a logout, for a browser that is not new. */
    async afterBrowserInitialized(): Promise<void> {
      const page = this.client.pupPage;
      if (!page || this.#hasStarted) return;
      this.#hasStarted = true;
      await hooks.browserStarted(page);
    }
  }

  let isInitializing = true;

  class Tamed extends Base {
    override async initialize(): Promise<void> {
      try {
        await super.initialize();
      } finally {
        isInitializing = false;
      }
    }

    /** The library calls it for every change of the address, without waiting for it, also on a page that is dead or logged out. */
    override async inject(): Promise<void> {
      const page = this.pupPage;
      if (!page) return;
      if (isInitializing) {
        hooks.documentComes(page);
        return super.inject();
      }
      try {
        if (hooks.hasEnded() || page.mainFrame().url().includes(LOGGED_OUT_MARK)) return;
        if ((await page.evaluate(IS_INJECTED)) === true) return;
        hooks.documentComes(page);
        await super.inject();
      } catch {
        // The page went away meanwhile: whoever watches it knows.
      }
    }

    /** It would wait for a body of an answer that may never come, and nobody would hear of it. */
    initWebVersionCache(): Promise<void> {
      return Promise.resolve();
    }

    /** The library calls it where it gives up; the browser is ours. */
    destroy(): Promise<void> {
      return Promise.resolve();
    }
  }

  return new Tamed({
    authStrategy: new OurLogin(),
    authTimeoutMs: 60_000,
    qrMaxRetries: 0,
    takeoverOnConflict: false,
    webVersionCache: { type: 'none' },
    puppeteer,
  });
}
