/**
 * What a message shows beside its text, by its kind; a plain text has none of it. Phones are numbers in digits. Kept as JSON,
 * and shown much as it is.
 */
export type ScreenDetails = {
  /** Files: image, video, audio, voice, document, sticker. */
  readonly caption?: string;
  readonly media?: ScreenMedia;
  readonly gif?: boolean;
  readonly animated?: boolean;

  readonly linkPreview?: { readonly url: string; readonly title?: string; readonly description?: string };

  /** Location. */
  readonly latitude?: number;
  readonly longitude?: number;
  readonly name?: string;
  readonly address?: string;
  readonly url?: string;
  readonly live?: boolean;

  readonly contacts?: readonly { readonly name: string; readonly vcard: string }[];

  /** Poll. `selectable` 0: as many as there are. */
  readonly question?: string;
  readonly selectable?: number;
  /** Of a poll, all of them; of a vote, what is chosen now: none where it was taken back, absent where it cannot be read. */
  readonly options?: readonly string[];

  /** The message that a reaction, an edit, a revoke or a vote is about. */
  readonly messageId?: string;
  /** Of a reaction; null where it takes one back. */
  readonly emoji?: string | null;

  readonly viewOnce?: boolean;
  /** How often it was passed on. */
  readonly forwardingScore?: number;
  /** How long it stays, or shall stay from now on: 0 for good. */
  readonly ephemeralSeconds?: number;

  /** What happened to it since. */
  readonly edited?: boolean;
  readonly revoked?: boolean;
  readonly reactions?: Readonly<Record<string, string>>;
  readonly votes?: Readonly<Record<string, readonly string[]>>;
};

export type ScreenMedia = {
  readonly mimetype: string;
  /** Bytes of the plain file, and hex of their SHA-256, as its sender states them: `verdict` says whether that is true. */
  readonly size: number;
  readonly sha256: string;
  readonly filename?: string;
  readonly seconds?: number;
  readonly width?: number;
  readonly height?: number;
  /** 64 loudnesses from 0 to 100. */
  readonly waveform?: readonly number[];
  /** A small JPEG, in base64. */
  readonly thumbnail?: string;
  /** What the phone found when it fetched and decrypted the file; none before anybody looked. */
  readonly verdict?: MediaVerdict;
};

/** `missing`: not on the media host. `damaged`: it does not decrypt to what was announced. */
export type MediaVerdict = 'intact' | 'missing' | 'damaged';
