import { randomBytes } from 'node:crypto';
import { proto } from 'baileys/WAProto/index.js';
import { mediaRetryKey } from '../media/media-keys.ts';
import { post } from '../network/delivery.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import { seal, unseal } from '../wire/aes-gcm.ts';
import { pnJid } from '../wire/jid.ts';
import { type Stanza, bytesOf, childOf, el } from '../wire/stanza.ts';
import type { MediaFile } from './media-messages.ts';
import { fileOf } from './screen-media.ts';

const { SUCCESS, NOT_FOUND, DECRYPTION_ERROR } = proto.MediaRetryNotification.ResultType;

/**
 * A companion could not fetch the file of a message and asks the account's phone for it: the phone uploads it once more and
 * tells the new address, so that only who has the key of the file can read it. Call it inside the transaction.
 */
export function answerMediaRetry(world: World, phone: Account, device: number, receipt: Stanza): void {
  const id = receipt.attrs['id'] ?? '';
  const asked = childOf(receipt, 'rmr');
  if (asked === undefined) return;
  const answer = uploadAgain(world, phone, device, id, childOf(receipt, 'encrypt'));
  const attributes = { from: pnJid(phone.phone), type: 'mediaretry', id, t: unixTime(world) };
  post(world, phone.phone, device, el('notification', attributes, [answer, el('rmr', asked.attrs)]));
}

function uploadAgain(world: World, phone: Account, device: number, id: string, request: Stanza | undefined): Stanza {
  const message = world.screens.byId(phone.phone, id);
  const file = message && fileOf(message);
  const blob = file && world.media.find(file.directPath);
  if (file === undefined || blob === undefined || !world.media.folder.has(blob.file)) return failed(NOT_FOUND);
  if (world.faults.takeMedia('media_lost', { phone: phone.phone, device }) !== undefined) return failed(NOT_FOUND);
  if (!isGenuine(file, id, request)) return failed(DECRYPTION_ERROR);
  const stored = { file: blob.file, bytes: blob.bytes };
  const { directPath } = world.media.register({ phone: phone.phone, device: 0 }, blob.kind, stored);
  const answer = proto.MediaRetryNotification.encode({ stanzaId: id, directPath, result: SUCCESS }).finish();
  const iv = randomBytes(12);
  const sealed = seal(mediaRetryKey(file.mediaKey), iv, answer, Buffer.from(id, 'utf8'));
  return el('encrypt', {}, [el('enc_p', {}, sealed), el('enc_iv', {}, iv)]);
}

function failed(code: number): Stanza {
  return el('error', { code });
}

/** Whether who asks has the key of the file. */
function isGenuine(file: MediaFile, id: string, request: Stanza | undefined): boolean {
  const sealed = bytesOf(childOf(request, 'enc_p'));
  const iv = bytesOf(childOf(request, 'enc_iv'));
  if (sealed === undefined || iv === undefined) return false;
  try {
    const plain = unseal(mediaRetryKey(file.mediaKey), iv, sealed, Buffer.from(id, 'utf8'));
    return proto.ServerErrorReceipt.decode(plain).stanzaId === id;
  } catch {
    return false;
  }
}
