/** WhatsApp's message proto as bytes and back, with the padding and the wrapping that senders put around it. */
import { proto } from '../library.ts';

/** A decrypted part, padded or not. Throws where it is no message. */
export function decodePlaintext(plaintext: Uint8Array, padded: boolean): proto.IMessage {
  const message = proto.Message.decode(padded ? withoutPadding(plaintext) : plaintext);
  const sent = message.deviceSentMessage?.message;
  if (!sent) return message;
  return sent.messageContextInfo || !message.messageContextInfo
    ? sent
    : { ...sent, messageContextInfo: message.messageContextInfo };
}

/** A message that says nothing, padded as the sender would. */
export function emptyPlaintext(): Uint8Array {
  return Buffer.from([1]);
}

export function encodeProto(message: proto.IMessage): Uint8Array {
  return proto.Message.encode(message).finish();
}

/** The last byte says how many were added: 1 to 16. */
function withoutPadding(plaintext: Uint8Array): Uint8Array {
  const added = plaintext[plaintext.length - 1] ?? 0;
  if (added === 0 || added > plaintext.length)
    throw new Error(`a plaintext of ${plaintext.length} bytes with ${added} of padding`);
  return plaintext.subarray(0, plaintext.length - added);
}
