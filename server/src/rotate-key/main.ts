/**
 * `npm run rotate-key`: makes a new encryption key, seals everything with it, and lets the old one go. The server must not run meanwhile. A crash in
 * between leaves both keys in their place, and the next call goes on.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock as clock } from '../clock.ts';
import { loadConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { writeSecret } from '../secrets.ts';
import { StoreUnusable } from '../store/failures.ts';
import { rotateKeys } from '../store/rotate-keys.ts';

function end(sentence: string, code: number): never {
  (code === 0 ? process.stdout : process.stderr).write(`${sentence}\n`);
  process.exit(code);
}

async function main(): Promise<never> {
  const loaded = loadConfig();
  if (!loaded.ok) end(loaded.sentence, 1);
  const { config } = loaded;
  const [first, ...others] = config.encryptionKeys;
  const fromFile = config.encryptionKeyFile;
  const log = await createLog('warn', true);
  const where = { path: join(config.dataDir, 'zapfleet.db'), url: config.databaseUrl };

  // Of two keys the first is the new one: somebody put it there, or an earlier call did and was cut off.
  const next = others.length > 0 || fromFile === null ? first : randomBytes(32);
  if (fromFile === null && others.length === 0) {
    end('ENCRYPTION_KEY holds one key. Put a new one before it, separated by a comma, and call this again.', 1);
  }
  const old = next === first ? others : [first];
  const both = [next, ...old] as const;
  const begin = (): void => {
    if (fromFile !== null) writeSecret(fromFile, both.map((key) => Buffer.from(key).toString('hex')).join(','));
  };
  const count = await rotateKeys({ ...where, encryptionKeys: both, clock, log, begin });
  if (fromFile !== null) writeSecret(fromFile, Buffer.from(next).toString('hex'));
  return end(
    `${count} values were sealed with the new key. ${
      fromFile === null ? 'Take the old one out of ENCRYPTION_KEY now.' : `It is in ${fromFile}: back it up.`
    }`,
    0,
  );
}

try {
  await main();
} catch (error) {
  if (error instanceof StoreUnusable) end(error.message, 1);
  throw error;
}
