/** A message of the page as the network carries it. */
import { type proto, getContentType } from 'baileys';
import { jidOf } from './page-message.ts';
import type { PageContent, SentMedia } from './protocol.ts';

/** `uploads`: the messages that carry files, by the names that their uploads got. */
export function composeMessage(
  { media, mentions, text }: PageContent,
  uploads: ReadonlyMap<string, proto.IMessage>,
): proto.IMessage {
  const context = mentions.length > 0 ? { contextInfo: { mentionedJid: mentions.map(jidOf) } } : {};
  if (media === null) return { extendedTextMessage: { text, ...context } };
  const carrier = uploads.get(media.file);
  const kind = getContentType(carrier ?? undefined);
  if (!carrier || kind === undefined) throw new Error('the file was not uploaded');
  const part = { ...(carrier[kind] as object), ...looksOf(media), ...(text !== '' && { caption: text }), ...context };
  return { [kind]: part };
}

function looksOf({ duration, filename, gif, height, waveform, width }: SentMedia): object {
  return {
    ...(width !== null && { width }),
    ...(height !== null && { height }),
    ...(duration !== null && { seconds: duration }),
    ...(filename !== null && { fileName: filename, title: filename }),
    ...(waveform !== null && { waveform: Uint8Array.from(waveform) }),
    ...(gif && { gifPlayback: true }),
  };
}
