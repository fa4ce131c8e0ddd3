/**
 * What is kept with a message for later: to send it again to who could not decrypt it, to open votes and edits that are sealed with its secret,
 * to quote it. It says whose it is and in which chat, so that nobody is served with what was not meant for them.
 */
import type { MessageKey } from '../../../ports/engine.ts';
import { proto } from '../library.ts';

export type Kept = { key: MessageKey; message: proto.IMessage };

/** Leads every encoding. No message proto begins with it, as those do that were kept by an earlier version. */
const FORMAT = 1;

export function encodeKept({ waId, chat, sender, fromMe }: MessageKey, message: proto.IMessage): Uint8Array {
  const key = { id: waId, remoteJid: chat, fromMe, participant: sender };
  const encoded = proto.WebMessageInfo.encode({ key, message }).finish();
  const bytes = new Uint8Array(encoded.length + 1);
  bytes[0] = FORMAT;
  bytes.set(encoded, 1);
  return bytes;
}

/** Null where the bytes are of no use. */
export function decodeKept(bytes: Uint8Array | undefined): Kept | null {
  if (bytes?.[0] !== FORMAT) return null;
  try {
    const { key, message } = proto.WebMessageInfo.decode(bytes.subarray(1));
    if (!key?.id || !key.remoteJid || !key.participant || !message) return null;
    return {
      key: { waId: key.id, chat: key.remoteJid, sender: key.participant, fromMe: key.fromMe === true },
      message,
    };
  } catch {
    return null;
  }
}
