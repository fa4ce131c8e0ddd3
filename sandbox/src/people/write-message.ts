import { Refused } from '../network/refused.ts';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import { sendToAudience } from './audience-writes.ts';
import { type Addressee, chatWith, isAudience, isGroup } from './chat.ts';
import { compose } from './compose.ts';
import type { Draft, Manner } from './draft.ts';
import { sendToGroup } from './group-writes.ts';
import { messageId } from './message-id.ts';
import { sendToPerson } from './phone-writes.ts';

/**
 * A person writes in a chat. Answers the id of the message, which is with the network then. Where messages of the chat
 * disappear, this one does too. Throws `Refused` where the person may not.
 */
export function writeMessage(world: World, author: Account, to: Addressee, draft: Draft, manner: Manner): string {
  const id = messageId();
  const chat = chatWith(to);
  const usual = chat.group?.ephemeral ?? world.chatTimers.of(author.phone, chat.id)?.seconds ?? 0;
  const ephemeralSeconds = manner.ephemeralSeconds > 0 ? manner.ephemeralSeconds : usual;
  if (chat.group !== undefined && draft.type === 'timer') {
    throw new Refused(409, 'set_in_the_group', 'How long messages of a group stay is a setting of the group.');
  }
  const message = compose(world, author, chat, draft, { ...manner, ephemeralSeconds });
  const letter = { id, message, phoneOnly: manner.viewOnce === 'phone_only' };
  world.db.transaction(() => {
    if (isGroup(to)) sendToGroup(world, author, to, letter);
    else if (isAudience(to)) sendToAudience(world, author, to, letter);
    else sendToPerson(world, author, to, letter);
  });
  return id;
}
