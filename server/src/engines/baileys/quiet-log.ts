/**
 * Baileys' log, brought down to ours. It logs stanzas, keys and credentials as objects, so of what it says only the sentence and
 * the error's message pass, never a field.
 */
import type { ILogger } from 'baileys/lib/Utils/logger.js';
import type { Log } from '../../ports/log.ts';

export function quietLog(log: Log): ILogger {
  const logger: ILogger = {
    // Baileys formats whole stanzas for the levels trace and debug.
    level: 'warn',
    child: () => logger,
    trace: nothing,
    debug: nothing,
    info: nothing,
    // What an operator must know is told in our own words; the library calls each restart after a pairing an error.
    warn: (fields, sentence) => log.debug({ error: errorIn(fields) }, said(fields, sentence)),
    error: (fields, sentence) => log.debug({ error: errorIn(fields) }, said(fields, sentence)),
  };
  return logger;
}

function said(fields: unknown, sentence: string | undefined): string {
  return `Baileys: ${sentence ?? (typeof fields === 'string' ? fields : '(no words)')}`;
}

function errorIn(fields: unknown): string | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined;
  const values: unknown[] = Object.values(fields);
  const error = [fields, ...values].find((value) => value instanceof Error);
  return error instanceof Error ? error.message : undefined;
}

function nothing(): void {
  // what is below a warning is of no use to an operator
}
