import { setTimeout as pause } from 'node:timers/promises';
import { type AnyMessageContent, downloadMediaMessage, type proto, type WAMediaUpload, type WAMessage } from 'baileys';
import pino from 'pino';
import { type Fields, fieldsOf, type Handler, the } from './call.ts';
import { failure, missing } from './failures.ts';
import type { Instance } from './instance.ts';
import { send } from './message-routes.ts';
import type { Generation } from './protocol.ts';

/** The server looks for a file once more after a while. */
const SECOND_LOOK_MS = 100;

export function mediaRoutes(generation: Generation): [string, Handler][] {
  return [
    ['POST message/sendMedia', sendMedia(generation)],
    ['POST message/sendWhatsAppAudio', sendWhatsAppAudio(generation)],
    ['POST message/sendSticker', sendSticker(generation)],
    ['POST chat/getBase64FromMediaMessage', getBase64],
  ];
}

function sendMedia(generation: Generation): Handler {
  return ({ asked, instance }) => {
    const body = fieldsOf(asked.body);
    const where = generation === 'v1' ? fieldsOf(body['mediaMessage']) : body;
    if (generation === 'v1' && body['mediaMessage'] === undefined) throw missing('mediaMessage');
    if (typeof where['mediatype'] !== 'string') throw missing('mediatype');
    const content = contentOf(where, uploadOf(where['media'], 'Owned media must be a url or base64'));
    return send(the(instance), generation, body, content);
  };
}

function contentOf(where: Fields, media: WAMediaUpload): AnyMessageContent {
  const text = (name: string) => (typeof where[name] === 'string' ? { [name]: where[name] } : {});
  const common = { ...text('mimetype'), ...text('caption') };
  switch (where['mediatype']) {
    case 'image':
      return { image: media, ...common };
    case 'video':
      return { video: media, ...common, ...(where['gifPlayback'] === true && { gifPlayback: true }) };
    case 'audio':
      return { audio: media, ...common };
    case 'document':
      // Without a name the server looks for one in the address of the file.
      if (typeof where['fileName'] !== 'string') throw failure(500, "Cannot read properties of null (reading '1')");
      return { document: media, mimetype: 'application/octet-stream', ...common, fileName: where['fileName'] };
    default:
      throw failure(400, [['mediatype is not one of enum values: image,document,video,audio']]);
  }
}

/** Always a voice message. What the server would convert stays as it is here. */
function sendWhatsAppAudio(generation: Generation): Handler {
  return ({ asked, instance }) => {
    const body = fieldsOf(asked.body);
    const where = generation === 'v1' ? fieldsOf(body['audioMessage']) : body;
    const audio = uploadOf(where['audio'], 'Owned media must be a url or base64');
    return send(the(instance), generation, body, { audio, ptt: true, mimetype: 'audio/ogg; codecs=opus' });
  };
}

function sendSticker(generation: Generation): Handler {
  return ({ asked, instance }) => {
    const body = fieldsOf(asked.body);
    const given = generation === 'v1' ? fieldsOf(body['stickerMessage'])['image'] : body['sticker'];
    return send(the(instance), generation, body, { sticker: uploadOf(given, 'Owned media must be a url or base64') });
  };
}

function uploadOf(given: unknown, otherwise: string): WAMediaUpload {
  if (typeof given !== 'string') throw missing('media');
  if (URL.canParse(given)) return { url: given };
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(given)) throw failure(400, [otherwise]);
  return Buffer.from(given, 'base64');
}

/** The message may stand in the call; otherwise it is what the server has under its id. */
const getBase64: Handler = async ({ asked, instance: given }) => {
  const instance = the(given);
  const message = messageOf(instance, fieldsOf(fieldsOf(asked.body)['message']));
  const [mediaType = '', media] = Object.entries(message.message ?? {}).find(([, part]) => hasFile(part)) ?? [];
  if (!hasFile(media)) throw failure(400, ['The message is not of the media type']);
  const { caption, fileLength, fileName, height, mimetype, width } = media as Fields;
  const bytes = await fetched(instance, message).catch((error: unknown) => {
    throw failure(400, [String(error)]);
  });
  return {
    status: 201,
    body: {
      ...{ mediaType, fileName: fileName ?? message.key.id, caption, size: { fileLength, height, width }, mimetype },
      ...{ base64: bytes.toString('base64'), buffer: null },
    },
  };
};

const hasFile = (part: unknown): boolean => fieldsOf(part)['mediaKey'] != null;

async function fetched(instance: Instance, message: WAMessage): Promise<Buffer> {
  const context = { logger: pino({ level: 'silent' }), reuploadRequest: instance.socket().updateMediaMessage };
  try {
    return await downloadMediaMessage(message, 'buffer', {}, context);
  } catch {
    await pause(SECOND_LOOK_MS);
    return downloadMediaMessage(message, 'buffer', {});
  }
}

function messageOf(instance: Instance, given: Fields): WAMessage {
  const key = fieldsOf(given['key']);
  if (typeof key['id'] !== 'string') throw missing('key');
  const { id } = key;
  if (given['message'] === undefined) {
    const kept = instance.messages().find(({ view }) => view.key.id === id);
    if (!kept) throw failure(400, ['Message not found']);
    return { key: kept.view.key, message: kept.message };
  }
  const content = Object.entries(fieldsOf(given['message'])).map(([kind, part]) => [kind, withKey(part)]);
  return { key: { ...key, id }, message: Object.fromEntries(content) as proto.IMessage };
}

function withKey(part: unknown): unknown {
  const { mediaKey } = fieldsOf(part);
  if (typeof mediaKey === 'string') return { ...fieldsOf(part), mediaKey: Buffer.from(mediaKey, 'base64') };
  if (typeof mediaKey !== 'object' || mediaKey === null) return part;
  return { ...fieldsOf(part), mediaKey: Uint8Array.from(Object.values(mediaKey as Record<string, number>)) };
}
