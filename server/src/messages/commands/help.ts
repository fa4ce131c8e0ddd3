import type { Command } from './command.ts';

export const help: Command = {
  name: 'help',
  summary: 'lists the commands',
  answer: ({ prefix, commands }) =>
    ['Commands:', ...commands.map(({ name, summary }) => `${prefix}${name} – ${summary}`)].join('\n'),
};
