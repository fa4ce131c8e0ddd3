import { type WAMessage, getContentType, jidNormalizedUser, normalizeMessageContent } from 'baileys';
import type { PageMedia, PageMessage } from './protocol.ts';

/** As the page spells people: numbers end in `@c.us`. */
export function widOf(jid: string): string {
  return jidNormalizedUser(jid).replace('@s.whatsapp.net', '@c.us');
}

export function jidOf(wid: string): string {
  return wid.replace('@c.us', '@s.whatsapp.net');
}

const TYPES: Readonly<Record<string, string>> = {
  conversation: 'chat',
  extendedTextMessage: 'chat',
  imageMessage: 'image',
  videoMessage: 'video',
  documentMessage: 'document',
  stickerMessage: 'sticker',
  locationMessage: 'location',
  contactMessage: 'vcard',
  contactsArrayMessage: 'multi_vcard',
  pollCreationMessage: 'poll_creation',
  pollCreationMessageV3: 'poll_creation',
};

/** Kinds that are no messages to the page but are about others. */
const ABOUT_OTHERS = new Set([
  'protocolMessage',
  'reactionMessage',
  'pollUpdateMessage',
  'senderKeyDistributionMessage',
]);

type Part = {
  readonly text?: string | null;
  readonly caption?: string | null;
  readonly mimetype?: string | null;
  readonly fileName?: string | null;
  readonly fileLength?: unknown;
  readonly width?: number | null;
  readonly height?: number | null;
  readonly seconds?: number | null;
  readonly ptt?: boolean | null;
  readonly waveform?: Uint8Array | null;
  readonly gifPlayback?: boolean | null;
  readonly isAnimated?: boolean | null;
  readonly viewOnce?: boolean | null;
  readonly contextInfo?: {
    readonly mentionedJid?: readonly string[] | null;
    readonly stanzaId?: string | null;
    readonly isForwarded?: boolean | null;
    readonly expiration?: number | null;
  } | null;
};

/** A message as the page has it; null for what it does not show as one. */
export function pageMessage({ key, message, ...about }: WAMessage, offline: boolean): PageMessage | null {
  const content = normalizeMessageContent(message);
  const kind = getContentType(content);
  if (!content || kind === undefined || ABOUT_OTHERS.has(kind) || key.remoteJid == null || key.id == null) return null;
  const inner: unknown = content[kind];
  const part: Part = typeof inner === 'string' ? { text: inner } : (inner as Part);
  const context = part.contextInfo ?? {};
  const author = key.participant ?? null;
  return {
    id: key.id,
    fromMe: key.fromMe === true,
    remote: widOf(key.remoteJid),
    author: author === null || author === '' ? null : widOf(author),
    type: kind === 'audioMessage' ? (part.ptt === true ? 'ptt' : 'audio') : (TYPES[kind] ?? kind),
    body: part.text ?? '',
    t: Number(about.messageTimestamp ?? 0),
    ack: key.fromMe === true ? 1 : 0,
    notifyName: about.pushName ?? null,
    mentionedJidList: (context.mentionedJid ?? []).map(widOf),
    quotedStanzaID: context.stanzaId ?? null,
    isForwarded: context.isForwarded === true,
    isViewOnce: part.viewOnce === true || key.isViewOnce === true,
    ephemeralDuration: context.expiration ?? null,
    offline,
    media: part.mimetype == null ? null : mediaOf(part, part.mimetype),
  };
}

function mediaOf(part: Part, mimetype: string): PageMedia {
  return {
    mimetype,
    caption: part.caption ?? null,
    filename: part.fileName ?? null,
    size: part.fileLength == null ? null : Number(part.fileLength),
    width: part.width ?? null,
    height: part.height ?? null,
    duration: part.seconds ?? null,
    waveform: part.waveform?.length ? [...part.waveform] : null,
    isGif: part.gifPlayback === true,
    isAnimated: part.isAnimated === true,
  };
}
