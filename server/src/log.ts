/** The log of the process: JSON lines, or for people in a terminal. */
import { type DestinationStream, pino, stdSerializers } from 'pino';
import type { Log } from './ports/log.ts';
import type { LogLevel } from './variables.ts';

/** Belt and braces: nothing logs these on purpose. */
const secrets = ['key', 'apiKey', 'token', 'secret', 'password', 'authorization', 'creds', 'qr', 'code_challenge'];

export async function createLog(level: LogLevel, pretty: boolean): Promise<Log> {
  const destination = pretty ? await forPeople() : pino.destination({ dest: 1, sync: false });
  const log: Log = pino(
    {
      level,
      redact: { paths: secrets.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
      serializers: { error: stdSerializers.err },
    },
    destination,
  );
  return log;
}

async function forPeople(): Promise<DestinationStream> {
  const { build } = await import('pino-pretty');
  return build({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss', sync: true });
}
