/**
 * Answers chat commands. The answer is stored in the commit of the message that asked for it and leaves as every other outgoing
 * message does: after a crash it is sent all the same, and a message that is delivered twice is answered once.
 */
import type { NewId } from '@zapfleet/contract';
import { LRUCache } from 'lru-cache';
import type { MessageRecord } from '../../domain/message.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { Clock } from '../../ports/clock.ts';
import { chatOf, outgoingMessage } from '../outgoing-message.ts';
import { allCommands } from './all.ts';
import { type CommandDefaults, decide, LONGEST_LIMIT_MS } from './decide.ts';

export type ChatCommandParts = { usual: CommandDefaults; clock: Clock; newId: NewId; expiryMs: number };

export type ChatCommands = {
  /** What answers a message that is about to be stored; null: nothing does. */
  answerTo(session: SessionRecord, message: MessageRecord): MessageRecord | null;
};

/** Chats whose last answers are remembered. */
const CHATS = 10_000;

export function createChatCommands({ usual, clock, newId, expiryMs }: ChatCommandParts): ChatCommands {
  const answered = new LRUCache<string, readonly number[]>({ max: CHATS });
  return {
    answerTo(session, message) {
      const now = clock.now();
      const chat = `${session.id} ${message.chat}`;
      const answeredAt = (answered.get(chat) ?? []).filter((at) => now - at < LONGEST_LIMIT_MS);
      const text = decide(message, { session, usual, commands: allCommands, answeredAt, now });
      if (text === null) return null;
      answered.set(chat, [...answeredAt, now]);
      const content = { type: 'text', text, mentions: [] } as const;
      const traits = { expiresAt: now + expiryMs };
      const answer = {
        id: newId('msg'),
        to: chatOf(message),
        content: { ...content, mentions: [] },
        quoted: null,
        traits,
      };
      return outgoingMessage(session, answer, now);
    },
  };
}
