import type { Readable } from 'node:stream';
import { proto } from 'baileys/WAProto/index.js';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import type { ScreenMessage } from '../store/screens.ts';
import { type MediaFile, mediaFileOf } from './media-messages.ts';
import { unwrap } from './message-wrappers.ts';

/**
 * Has the phone fetch and decrypt the files on its screen that it has not looked at yet, and notes what it found: what the
 * sender says of a file is only a claim until then. True where there was one.
 */
export async function inspectMedia(world: World, phone: Account, messages: readonly ScreenMessage[]): Promise<boolean> {
  let found = false;
  for (const message of messages) {
    if (message.details?.media === undefined || message.details.media.verdict !== undefined) continue;
    const file = fileOf(message);
    const verdict = file === undefined ? 'damaged' : await world.media.inspect(file, file.directPath);
    const now = world.screens.byId(phone.phone, message.id);
    // An edit or a revoke may have come meanwhile.
    if (now?.details?.media === undefined) continue;
    const details = { ...now.details, media: { ...now.details.media, verdict } };
    world.screens.change(phone.phone, now.seq, { ...now, details });
    found = true;
  }
  return found;
}

/** The plain file; undefined where the message has none, or none that is whole. */
export async function openMedia(
  world: World,
  message: ScreenMessage,
): Promise<{ content: Readable; mimetype: string; bytes: number } | undefined> {
  const file = fileOf(message);
  if (file === undefined || (await world.media.inspect(file, file.directPath)) !== 'intact') return undefined;
  const content = world.media.open(file, file.directPath);
  const mimetype = message.details?.media?.mimetype ?? '';
  return (
    content && {
      content,
      mimetype: /^[\x21-\x7e][\x20-\x7e]*$/.test(mimetype) ? mimetype : 'application/octet-stream',
      bytes: file.bytes,
    }
  );
}

export function fileOf({ content }: ScreenMessage): MediaFile | undefined {
  return content === undefined ? undefined : mediaFileOf(unwrap(proto.Message.decode(content)).inner);
}
