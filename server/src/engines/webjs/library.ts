/**
 * The one door to whatsapp-web.js, which is optional: what of it is used, as types of ours, and how it is loaded. Its own types name a
 * browser library that need not be there either.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { ChildProcess } from 'node:child_process';

/** What of an emitter is used. */
type Emitting = {
  on(event: string, listener: (...args: never[]) => unknown): unknown;
  once(event: string, listener: (...args: never[]) => unknown): unknown;
  removeAllListeners(): unknown;
};

export type Frame = { url(): string };

export type Page = Emitting & {
  /** A text is an expression; a promise is waited for. */
  evaluate(script: string): Promise<unknown>;
  exposeFunction(name: string, call: (...args: never[]) => unknown): Promise<void>;
  waitForFunction(script: string, options: { timeout: number; polling: number }): Promise<unknown>;
  mainFrame(): Frame;
};

export type Browser = Emitting & {
  process(): ChildProcess | null;
  close(): Promise<void>;
  version(): Promise<string>;
};

export type Wid = { _serialized: string };

/** A message as the library hands it out; `_data` is the page's own. */
export type LibraryMessage = {
  id: { fromMe: boolean; remote: string | Wid; id: string; _serialized: string };
  ack: number;
  body: string;
  type: string;
  timestamp: number;
  author?: string;
  hasMedia: boolean;
  isForwarded?: boolean;
  mentionedIds: readonly (string | Wid)[];
  _data: Record<string, unknown>;
};

export type LibraryMedia = { mimetype: string; data: string };

export type SendOptions = {
  linkPreview: boolean;
  sendSeen: boolean;
  waitUntilMsgSent: boolean;
  parseVCards: boolean;
  quotedMessageId?: string;
  mentions?: string[];
  caption?: string;
  sendMediaAsDocument?: boolean;
  sendAudioAsVoice?: boolean;
  sendMediaAsSticker?: boolean;
  sendVideoAsGif?: boolean;
};

export type Client = Emitting & {
  pupBrowser: Browser | null;
  pupPage: Page | null;
  initialize(): Promise<void>;
  inject(): Promise<void>;
  requestPairingCode(phoneNumber: string): Promise<string>;
  sendMessage(chat: string, content: unknown, options: SendOptions): Promise<LibraryMessage | null | undefined>;
  sendSeen(chat: string): Promise<boolean>;
  getNumberId(number: string): Promise<Wid | null>;
  getContactLidAndPhone(ids: string[]): Promise<{ lid?: string; pn?: string }[]>;
  getMessageById(id: string): Promise<(LibraryMessage & { downloadMedia(): Promise<LibraryMedia | undefined> }) | null>;
};

/** How the library keeps a login; all of it is ours here. */
export type AuthStrategy = { client: Client };

export type Library = {
  Client: new (options: object) => Client;
  MessageMedia: new (mimetype: string, data: string, filename: string | null) => LibraryMedia;
  /** The class whose methods the library calls; they do nothing. */
  NoAuth: new () => AuthStrategy;
};

const NAME = 'whatsapp-web.js';

/** Rejects where it is not installed. Loaded with the first session: a server that has none does without it. */
export async function loadLibrary(): Promise<Library> {
  const name: string = NAME;
  const loaded = (await import(name)) as { default: Library };
  return loaded.default;
}

/** null where it is not installed. */
export async function libraryVersion(): Promise<string | null> {
  try {
    const file = createRequire(import.meta.url).resolve(`${NAME}/package.json`);
    return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
}
