/** A chat as it is stored. */
import type { MessageId } from '@zapfleet/contract';

export type ChatRecord = {
  /** JID or LID of the person, or the id of the group. */
  chat: string;
  /** The subject of a group; people's names stand with the contacts. */
  name: string | null;
  lastMessageId: MessageId;
  /** The newest message that was marked as read here; null: none yet. */
  readId: MessageId | null;
  unread: number;
  /** Seconds after which messages disappear; null: they stay. */
  ephemeralSeconds: number | null;
  /** A message came in, or WhatsApp took one of ours. */
  exchanged: boolean;
};
