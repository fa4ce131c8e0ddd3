/** Whether a message is a command that is answered, and with what. Pure. */
import { isPerson } from '../../domain/identity.ts';
import type { MessageRecord } from '../../domain/message.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { Command } from './command.ts';

export type CommandDefaults = { enabled: boolean; prefix: string; groups: boolean };

export type Situation = {
  session: SessionRecord;
  /** What counts where the session sets nothing itself. */
  usual: CommandDefaults;
  commands: readonly Command[];
  /** When this chat was answered lately, ms since the epoch. */
  answeredAt: readonly number[];
  now: number;
};

/** Who wrote to a session that was away does not expect an answer hours later. */
const OLDEST_MS = 60_000;

/** Two programs that answer each other would never stop. */
const limits = [
  { within: 60_000, most: 5 },
  { within: 3_600_000, most: 30 },
] as const;

/** So long an answer counts. */
export const LONGEST_LIMIT_MS = 3_600_000;

/** The text of the answer, or null. Texts that are no known command are nobody's business here: they get none. */
export function decide(message: MessageRecord, situation: Situation): string | null {
  const { session, usual, commands, answeredAt, now } = situation;
  const { enabled, prefix, groups } = { ...usual, ...session.settings.commands };
  if (!enabled || message.direction !== 'in' || message.content.type !== 'text') return null;
  if (!isPerson(message.chat) && !(groups && message.chat.endsWith('@g.us'))) return null;
  const written = readCommand(message.content.text, prefix);
  const command = written && commands.find(({ name }) => name === written.name);
  if (!command) return null;
  if (message.offline && now - message.timestamp > OLDEST_MS) return null;
  if (limits.some(({ within, most }) => answeredAt.filter((at) => now - at < within).length >= most)) return null;
  return command.answer({ session, rest: written.rest, prefix, commands });
}

function readCommand(text: string, prefix: string): { name: string; rest: string } | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith(prefix)) return null;
  const [, name, rest] = /^([\p{L}\p{N}]+)(?:\s+([^]*))?$/u.exec(trimmed.slice(prefix.length)) ?? [];
  return name === undefined ? null : { name: name.toLowerCase(), rest: rest ?? '' };
}
