/** What a chat command is. A new one is a file beside this one, named in all.ts. */
import type { SessionRecord } from '../../domain/session.ts';

export type Command = {
  /** Lower case, letters and digits; written after the prefix in any case. */
  name: string;
  /** One line for `help`. */
  summary: string;
  /** The text of the answer. Must not begin with the prefix: an answer is never a command. */
  answer(asked: Asked): string;
};

export type Asked = {
  session: SessionRecord;
  /** What was written after the command. */
  rest: string;
  prefix: string;
  /** Every command there is. */
  commands: readonly Command[];
};
