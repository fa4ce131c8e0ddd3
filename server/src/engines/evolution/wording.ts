/** How the two generations want to be asked for each kind of message: 1.8 with its fields in an object of the kind, 2 flat. Pure. */
import type { MediaKind } from '@zapfleet/contract';
import type { OutgoingContent, OutgoingMessage, QuotedMessage } from '../../ports/engine.ts';
import { type Generation, keyOf, numberOf, type Wording } from './dialect.ts';
import { FILE } from './upload.ts';

type FileContent = Extract<OutgoingContent, { type: MediaKind }>;

/** null: this engine has no word for it. */
export function sendWording(
  generation: Generation,
  { to, content, quoted }: Pick<OutgoingMessage, 'to' | 'content' | 'quoted'>,
): Wording | null {
  const isOld = generation === 'v1';
  const number = numberOf(to);
  const send = (route: string, kind: string, fields: object, options: object = {}): Wording => ({
    ...{ method: 'POST', path: `message/${route}` },
    body: isOld ? { number, [kind]: fields, options } : { number, ...fields, ...options },
  });
  switch (content.type) {
    case 'text': {
      const { mentions, text } = content;
      const options = { linkPreview: false, ...quotedIn(quoted), ...mentionedIn(mentions, isOld) };
      return send('sendText', 'textMessage', { text }, options);
    }
    case 'image':
    case 'video':
    case 'audio':
    case 'document': {
      const options = { ...quotedIn(quoted), ...mentionedIn(content.mentions, isOld) };
      return { ...send('sendMedia', 'mediaMessage', fileFields(content), options), file: content.media };
    }
    case 'voice': {
      // What is in the right form is not converted.
      const isReady = content.media.mimetype.startsWith('audio/ogg');
      const options = { ...quotedIn(quoted), encoding: !isReady };
      return { ...send('sendWhatsAppAudio', 'audioMessage', { audio: FILE }, options), file: content.media };
    }
    case 'sticker': {
      const isReady = content.media.mimetype === 'image/webp';
      const fields = isOld ? { image: FILE } : { sticker: FILE, notConvertSticker: isReady };
      return { ...send('sendSticker', 'stickerMessage', fields, quotedIn(quoted)), file: content.media };
    }
    case 'location': {
      const { address, latitude, longitude, name } = content;
      const place = { latitude, longitude, ...(name !== null && { name }), ...(address !== null && { address }) };
      return send('sendLocation', 'locationMessage', place, quotedIn(quoted));
    }
    case 'contact': {
      const cards = content.contacts.map(cardOf);
      if (!cards.every((card) => card !== null)) return null;
      const options = quotedIn(quoted);
      const body = isOld ? { number, contactMessage: cards, options } : { number, contact: cards, ...options };
      return { method: 'POST', path: 'message/sendContact', body };
    }
    case 'poll': {
      const { options: values, question: name, selectable: selectableCount } = content;
      return send('sendPoll', 'pollMessage', { name, selectableCount, values }, quotedIn(quoted));
    }
    case 'reaction': {
      const reaction = { key: keyOf(content.target), reaction: content.emoji ?? '' };
      const body = isOld ? { reactionMessage: reaction } : reaction;
      return { method: 'POST', path: 'message/sendReaction', body };
    }
    case 'edit': {
      const body = { number, text: content.text, key: keyOf(content.target) };
      return { method: isOld ? 'PUT' : 'POST', path: 'chat/updateMessage', body };
    }
    case 'revoke':
      return { method: 'DELETE', path: 'chat/deleteMessageForEveryone', body: keyOf(content.target) };
    default:
      return null;
  }
}

/** The server writes the card itself, and only with a number. null: there is none. */
function cardOf({ name: fullName, vcard }: { name: string; vcard: string }): object | null {
  const lines = vcard.replace(/\r?\n[ \t]/g, '').split(/\r?\n/);
  const of = (property: string) => {
    const [, parameters = '', value = ''] =
      lines.map((line) => new RegExp(`^(?:[\\w-]+\\.)?${property}\\b([^:]*):(.+)$`, 'i').exec(line)).find(Boolean) ??
      [];
    return { parameters, value: value.trim() };
  };
  const { parameters, value: phoneNumber } = of('TEL');
  const digits = /waid=(\d+)/i.exec(parameters)?.[1] ?? phoneNumber.replace(/\D/g, '');
  if (digits === '') return null;
  const more = (name: string, { value }: { value: string }) => (value === '' ? {} : { [name]: value });
  const details = { ...more('organization', of('ORG')), ...more('email', of('EMAIL')), ...more('url', of('URL')) };
  return { fullName, wuid: digits, phoneNumber, ...details };
}

const quotedIn = (quoted: QuotedMessage | null): object =>
  quoted ? { quoted: { key: keyOf(quoted), message: { conversation: quoted.text } } } : {};

function mentionedIn(mentions: readonly string[], isOld: boolean): object {
  const mentioned = mentions.map(numberOf);
  if (mentioned.length === 0) return {};
  return isOld ? { mentions: { everyOne: false, mentioned } } : { mentioned };
}

/** A name of a file counts for more than its type with some servers, and a document needs one. */
function fileFields({ caption, gif, media, type }: FileContent): object {
  const { filename, mimetype } = media;
  return {
    ...{ media: FILE, mediatype: type, mimetype },
    ...(type === 'document' && { fileName: filename ?? nameFor(mimetype) }),
    ...(caption !== null && { caption }),
    ...(gif === true && { gifPlayback: true }),
  };
}

function nameFor(mimetype: string): string {
  const [, ending = 'bin'] = /^[a-z]+\/([a-z0-9]{2,4})$/.exec(mimetype) ?? [];
  return `file.${ending}`;
}
