import { createHash } from 'node:crypto';
import { decryptPollVote, jidNormalizedUser, type proto, type WAMessage, type WAMessageContent } from 'baileys';

export type KnownPoll = { readonly key: WAMessage['key']; readonly message: WAMessageContent };
type Vote = proto.Message.IPollUpdateMessage;

/**
 * What somebody voted, in the words of the poll: as servers of version 2 tell it. Which of the names of its author and of the voter were used
 * has to be tried. null: the vote cannot be read.
 */
export function votesIn(vote: Vote, voter: WAMessage['key'], poll: KnownPoll, me: readonly string[]): string[] | null {
  const pollEncKey = poll.message.messageContextInfo?.messageSecret;
  const { encIv, encPayload } = vote.vote ?? {};
  if (!pollEncKey || !encIv || !encPayload) return null;
  const namesOf = ({ fromMe, participant, participantAlt, remoteJid, remoteJidAlt }: WAMessage['key']) =>
    (fromMe === true ? me : [participant, participantAlt, remoteJid, remoteJidAlt])
      .filter((name) => name != null && name !== '')
      .map((name) => jidNormalizedUser(name as string));
  const { message } = poll;
  const { options = [] } =
    message.pollCreationMessageV3 ?? message.pollCreationMessageV2 ?? message.pollCreationMessage ?? {};
  for (const pollCreatorJid of namesOf(poll.key)) {
    for (const voterJid of namesOf(voter)) {
      const parts = { pollCreatorJid, voterJid, pollMsgId: poll.key.id ?? '', pollEncKey };
      const chosen = decrypted({ encIv, encPayload }, parts);
      if (!chosen) continue;
      const names = (options ?? []).map(({ optionName }) => optionName ?? '');
      return names.filter((name) => chosen.has(createHash('sha256').update(name).digest('hex')));
    }
  }
  return null;
}

function decrypted(
  vote: Parameters<typeof decryptPollVote>[0],
  parts: Parameters<typeof decryptPollVote>[1],
): ReadonlySet<string> | null {
  try {
    const { selectedOptions } = decryptPollVote(vote, parts);
    return new Set(selectedOptions.map((hash) => Buffer.from(hash).toString('hex')));
  } catch {
    return null;
  }
}
