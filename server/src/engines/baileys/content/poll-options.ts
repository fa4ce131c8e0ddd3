/** The options of a poll, and the hash by which a vote names each. */
import { hash } from 'node:crypto';
import type { proto } from '../library.ts';
import { unwrap } from './unwrap.ts';

export function pollOptions(poll: proto.IMessage): { name: string; hash: string }[] {
  const { message } = unwrap(poll);
  const creation =
    message.pollCreationMessage ??
    message.pollCreationMessageV2 ??
    message.pollCreationMessageV3 ??
    message.pollCreationMessageV5;
  return (creation?.options ?? []).map(({ optionName }) => {
    const name = optionName ?? '';
    return { name, hash: hash('sha256', name, 'base64') };
  });
}
