/** One browser with the library's client in it: started, watched, and ended whatever it is doing. */
import type { Network } from '../../ports/engine.ts';
import { withinLimit } from '../within-limit.ts';
import { launchOptions } from './chromium.ts';
import type { Launches } from './launches.ts';
import type { Client, Frame, Library, Page } from './library.ts';
import { wordsOf } from './ending.ts';
import { NAME_BINDING, PAGE_IS_LOADED, STATE_BINDING, TELL_SYNCED, WATCH } from './page-scripts.ts';
import { endBrowser, killLeftOver } from './processes.ts';
import { LOGGED_OUT_MARK, tamedClient } from './tamed-client.ts';

const LOAD_MS = 60_000;
/** How long a start may still take when it is not wanted any more. */
const LAUNCH_PATIENCE_MS = 5_000;
const SYNC_WATCH_MS = 3_000;
const LEAVE_MS = 3_000;

export type BrowserParts = {
  library: Library;
  launches: Launches;
  /** Of the browser's program. */
  path: string;
  headless: boolean;
  network: Network;
  /** Its folder. */
  profile: string;
};

export type BrowserEvents = {
  stateChanged(state: string): void;
  nameChanged(): void;
  /** WhatsApp removed this device, or confirmed that it did. */
  loggedOut(): void;
  /** It ended or crashed by itself, and can do nothing more. */
  gone(why: string): void;
};

export class BrowserSession {
  readonly client: Client;
  readonly #parts: BrowserParts;
  readonly #events: BrowserEvents;
  /** Kills a browser that is still starting. */
  readonly #launch = new AbortController();
  readonly #launched = Promise.withResolvers<undefined>();
  #leaveLaunch: () => void = () => undefined;
  #syncWatch: NodeJS.Timeout | null = null;
  #isAuthenticated = false;
  readonly #atLogout = Promise.withResolvers<undefined>();
  #initializing: Promise<unknown> = Promise.resolve();
  #end: Promise<void> | null = null;

  constructor(parts: BrowserParts, events: BrowserEvents) {
    this.#parts = parts;
    this.#events = events;
    const options = launchOptions({ ...parts, signal: this.#launch.signal });
    this.client = tamedClient(parts.library, options, {
      browserStarted: (page) => this.#browserStarted(page),
      documentComes: (page) => {
        this.#leaveLaunch();
        void this.#watch(page).catch(() => undefined);
      },
      hasEnded: () => this.#hasEnded(),
    });
    // The library tells of a fault of its own by this event in places, and without a listener that ends the process.
    this.client.on('error', () => undefined);
    this.client.on('authenticated', () => {
      this.#isAuthenticated = true;
    });
  }

  /** Resolves when the page is there and shows a code or a login; rejects where it cannot be started. */
  async start(): Promise<void> {
    this.#leaveLaunch = await this.#parts.launches.enter();
    if (this.#end) {
      this.#launched.resolve(undefined);
      this.#leaveLaunch();
      return;
    }
    const initializing = this.client.initialize();
    this.#initializing = initializing.catch(() => undefined).finally(() => this.#launched.resolve(undefined));
    try {
      await initializing;
    } catch (error) {
      // A page that was logged out goes to another address in the middle of it, and may be there a moment later only.
      const isLeaving = /context was destroyed|detached/i.test(wordsOf(error));
      if (isLeaving) await withinLimit(this.#atLogout.promise, LEAVE_MS).catch(() => undefined);
      if (!this.#hasEnded() && !this.#isAtLogout()) throw new Error(wordsOf(error));
    } finally {
      this.#leaveLaunch();
    }
  }

  /** Runs a text in the page. */
  ask(script: string): Promise<unknown> {
    const { pupPage } = this.client;
    return pupPage ? pupPage.evaluate(script) : Promise.reject(new Error('the browser is not there'));
  }

  /** Resolves when no process of it is left. Never rejects. */
  end(): Promise<void> {
    this.#end ??= this.#endNow();
    return this.#end;
  }

  async #endNow(): Promise<void> {
    if (this.#syncWatch) clearTimeout(this.#syncWatch);
    const { client } = this;
    if (!client.pupBrowser) await this.#untilLaunched();
    const browser = client.pupBrowser;
    const process = browser?.process();
    if (browser && process) await endBrowser(process, () => browser.close());
    else {
      this.#launch.abort();
      await this.#initializing;
      await killLeftOver(this.#parts.profile);
    }
    client.removeAllListeners();
    client.on('error', () => undefined);
  }

  async #untilLaunched(): Promise<void> {
    const timer = setTimeout(() => this.#launched.resolve(undefined), LAUNCH_PATIENCE_MS);
    await this.#launched.promise;
    clearTimeout(timer);
  }

  async #browserStarted(page: Page): Promise<void> {
    this.#launched.resolve(undefined);
    const { pupBrowser } = this.client;
    pupBrowser?.on('disconnected', () => this.#gone('the browser ended by itself'));
    page.on('close', () => this.#gone('the page was closed'));
    page.on('error', (error: unknown) => this.#gone(`the page crashed: ${wordsOf(error)}`));
    page.on('framenavigated', (frame: Frame) => {
      if (frame !== page.mainFrame() || !this.#isAtLogout()) return;
      this.#atLogout.resolve(undefined);
      if (!this.#hasEnded()) this.#events.loggedOut();
    });
    await page.exposeFunction(STATE_BINDING, (state: unknown) => {
      if (!this.#hasEnded()) this.#events.stateChanged(String(state));
    });
    await page.exposeFunction(NAME_BINDING, () => this.#events.nameChanged());
  }

  async #watch(page: Page): Promise<void> {
    await page.waitForFunction(PAGE_IS_LOADED, { timeout: LOAD_MS, polling: 100 });
    await page.evaluate(WATCH);
    // Asked again until it is: the sync may also end between two looks.
    this.#syncWatch = setTimeout(() => void this.#tellSynced(page), SYNC_WATCH_MS);
  }

  async #tellSynced(page: Page): Promise<void> {
    if (this.#hasEnded() || this.#isAuthenticated) return;
    await page.evaluate(TELL_SYNCED).catch(() => undefined);
    this.#syncWatch = setTimeout(() => void this.#tellSynced(page), SYNC_WATCH_MS);
  }

  #gone(why: string): void {
    if (!this.#hasEnded()) this.#events.gone(why);
  }

  #hasEnded(): boolean {
    return this.#end !== null;
  }

  #isAtLogout(): boolean {
    return this.client.pupPage?.mainFrame().url().includes(LOGGED_OUT_MARK) ?? false;
  }
}
