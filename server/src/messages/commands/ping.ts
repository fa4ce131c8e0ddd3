import type { Command } from './command.ts';

export const ping: Command = {
  name: 'ping',
  summary: 'says whether this session is there',
  answer: () => 'pong',
};
