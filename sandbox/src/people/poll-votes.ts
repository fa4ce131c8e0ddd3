import { createHash, randomBytes } from 'node:crypto';
import { proto } from 'baileys/WAProto/index.js';
import { seal, unseal } from '../wire/aes-gcm.ts';
import { hkdf } from '../wire/hkdf.ts';

/** Which poll, and who votes: all of it is part of the key. JIDs without a device. */
export type Ballot = {
  readonly secret: Uint8Array;
  readonly pollId: string;
  readonly pollAuthor: string;
  readonly voter: string;
};

/** Encrypts a vote so that only who has the poll can read it. No options: the vote is taken back. */
export function sealVote(ballot: Ballot, options: readonly string[]): proto.Message.IPollEncValue {
  const vote = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(optionHash) }).finish();
  const encIv = randomBytes(12);
  return { encIv, encPayload: seal(keyOf(ballot), encIv, vote, associatedOf(ballot)) };
}

/** Which of the poll's options were chosen; undefined where this is not the ballot that the vote was sealed with. */
export function openVote(
  ballot: Ballot,
  { encIv, encPayload }: proto.Message.IPollEncValue,
  options: readonly string[],
): string[] | undefined {
  if (encIv == null || encPayload == null) return undefined;
  let plain: Buffer;
  try {
    plain = unseal(keyOf(ballot), encIv, encPayload, associatedOf(ballot));
  } catch {
    return undefined;
  }
  const chosen = proto.Message.PollVoteMessage.decode(plain).selectedOptions.map((hash) => Buffer.from(hash));
  return options.filter((option) => chosen.some((hash) => hash.equals(optionHash(option))));
}

/** How a vote names an option. */
export function optionHash(option: string): Buffer {
  return createHash('sha256').update(option, 'utf8').digest();
}

function keyOf({ secret, pollId, pollAuthor, voter }: Ballot): Buffer {
  return hkdf(secret, 32, `${pollId}${pollAuthor}${voter}Poll Vote`);
}

function associatedOf({ pollId, voter }: Ballot): Buffer {
  return Buffer.from(`${pollId}\0${voter}`, 'utf8');
}
