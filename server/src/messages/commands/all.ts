/** Every chat command, in the order of `help`. */
import type { Command } from './command.ts';
import { help } from './help.ts';
import { info } from './info.ts';
import { ping } from './ping.ts';

export const allCommands: readonly Command[] = [ping, help, info];
