/** What passes between the stand-in page and the thread that carries it, as JSON over one WebSocket; and between that thread and the network. */

/** States of the page's own `Socket`, as the genuine page names them. */
export type PageState =
  | 'OPENING'
  | 'PAIRING'
  | 'UNPAIRED'
  | 'UNPAIRED_IDLE'
  | 'CONNECTED'
  | 'TIMEOUT'
  | 'CONFLICT'
  | 'TOS_BLOCK'
  | 'DEPRECATED_VERSION';

/** Ids of people end in `@c.us` or `@lid`, those of groups in `@g.us`. */
export type PageMessage = {
  readonly id: string;
  readonly fromMe: boolean;
  readonly remote: string;
  /** Who wrote it in a group. */
  readonly author: string | null;
  /** As the genuine page calls it: `chat`, `image`, `ptt`, … */
  readonly type: string;
  readonly body: string;
  /** Seconds since the epoch. */
  readonly t: number;
  readonly ack: number;
  readonly notifyName: string | null;
  readonly mentionedJidList: readonly string[];
  readonly quotedStanzaID: string | null;
  readonly isForwarded: boolean;
  readonly isViewOnce: boolean;
  readonly ephemeralDuration: number | null;
  /** It waited while the page was away. */
  readonly offline: boolean;
  readonly media: PageMedia | null;
};

export type PageMedia = {
  readonly mimetype: string;
  readonly caption: string | null;
  readonly filename: string | null;
  readonly size: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly duration: number | null;
  readonly waveform: readonly number[] | null;
  readonly isGif: boolean;
  readonly isAnimated: boolean;
};

export type PageContent = {
  readonly text: string;
  readonly mentions: readonly string[];
  readonly quotedId: string | null;
  readonly media: SentMedia | null;
};

/** What was uploaded before, by the name that it got then, and what the page saw in it. */
export type SentMedia = {
  readonly file: string;
  /** Of a document. */
  readonly filename: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** Seconds. */
  readonly duration: number | null;
  readonly waveform: readonly number[] | null;
  readonly gif: boolean;
};

export type FromPage =
  /** `login` is what the browser's profile keeps of a login; a new profile makes a new one. */
  | { readonly type: 'hello'; readonly login: string }
  | {
      readonly type: 'send';
      readonly ref: number;
      readonly id: string;
      readonly to: string;
      readonly content: PageContent;
    }
  | { readonly type: 'exists'; readonly ref: number; readonly wid: string }
  | { readonly type: 'code'; readonly ref: number; readonly phone: string }
  | { readonly type: 'message'; readonly ref: number; readonly id: string }
  | { readonly type: 'seen'; readonly ref: number; readonly chat: string }
  | { readonly type: 'logout'; readonly ref: number }
  | { readonly type: 'refreshQr' };

export type ToPage =
  | { readonly type: 'state'; readonly state: PageState }
  | { readonly type: 'qr'; readonly reference: string; readonly keys: readonly string[] }
  | { readonly type: 'me'; readonly pn: string; readonly lid: string | null; readonly name: string | null }
  | { readonly type: 'contact'; readonly pn: string; readonly lid: string }
  | { readonly type: 'synced' }
  | { readonly type: 'message'; readonly message: PageMessage }
  /** What this page had before, oldest first. */
  | { readonly type: 'kept'; readonly messages: readonly PageMessage[] }
  | { readonly type: 'ack'; readonly id: string; readonly ack: number }
  | { readonly type: 'loggedOut' }
  | { readonly type: 'answer'; readonly ref: number; readonly value?: unknown; readonly error?: string };

export type WebThreadStart = {
  readonly networkUrl: string;
  /** Hex of 32 bytes. */
  readonly rootKey: string;
  /** PEM of the authority of the media host. */
  readonly mediaCa: string;
  readonly rows: readonly (readonly [key: string, value: string])[];
};

export type FromWebThread =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'put'; readonly key: string; readonly value: string | null }
  /** Everything was told that is to be kept. */
  | { readonly type: 'settled' };
