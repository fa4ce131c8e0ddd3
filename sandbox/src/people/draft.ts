import type { Account } from '../store/accounts.ts';
import type { ScreenMedia } from '../store/screen-details.ts';
import type { ScreenMessage } from '../store/screens.ts';
import type { MediaFile, MediaType } from './media-messages.ts';

/** What a person wants to say, by its kind. Messages that it is about are those on the person's own screen. */
export type Draft =
  | { readonly type: 'text'; readonly text: string; readonly linkPreview?: LinkPreview | undefined }
  | MediaDraft
  | ({ readonly type: 'location' } & Place)
  | { readonly type: 'contact'; readonly contacts: readonly { readonly name: string; readonly vcard: string }[] }
  | {
      readonly type: 'poll';
      readonly question: string;
      readonly options: readonly string[];
      readonly selectable: number;
    }
  | { readonly type: 'poll_vote'; readonly target: ScreenMessage; readonly options: readonly string[] }
  /** Without an emoji it takes the reaction back. */
  | { readonly type: 'reaction'; readonly target: ScreenMessage; readonly emoji: string | null }
  | { readonly type: 'edit'; readonly target: ScreenMessage; readonly text: string }
  | { readonly type: 'revoke'; readonly target: ScreenMessage }
  | { readonly type: 'timer'; readonly ephemeralSeconds: number };

export type Place = {
  readonly latitude: number;
  readonly longitude: number;
  readonly name?: string | undefined;
  readonly address?: string | undefined;
  readonly url?: string | undefined;
  readonly live?: boolean | undefined;
};

export type LinkPreview = {
  readonly url: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly thumbnail?: Uint8Array | undefined;
};

export type MediaDraft = {
  readonly type: MediaType;
  readonly file: MediaFile & { readonly url: string };
  readonly looks: Omit<ScreenMedia, 'size' | 'sha256' | 'verdict'>;
  readonly gif: boolean;
  readonly animated: boolean;
  readonly caption: string | undefined;
};

/** How it is said. */
export type Manner = {
  readonly quoted: ScreenMessage | undefined;
  readonly mentioned: readonly Account[];
  /** 0: the person's own words. */
  readonly forwardingScore: number;
  /** `phone_only`: companions are told that there is such a message and do not get it, as the network does it today. */
  readonly viewOnce: boolean | 'phone_only';
  /** 0: stays for good. */
  readonly ephemeralSeconds: number;
};

export const PLAINLY: Manner = {
  quoted: undefined,
  mentioned: [],
  forwardingScore: 0,
  viewOnce: false,
  ephemeralSeconds: 0,
};
