import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProgram } from './child-process.ts';
import { connect } from './client.ts';
import { linkSession } from './linking.ts';
import { eventually } from './polling.ts';
import { startSandbox, startServer } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const script = join(import.meta.dirname, '..', '..', 'server', 'src', 'rotate-key', 'main.ts');

test('the encryption key is changed while the server rests, and no session notices', async () => {
  await using sandbox = await startSandbox();
  await using folder = await temporaryFolder();
  const options = { dataDir: folder.path, env: sandbox.env };
  const keyFile = join(folder.path, 'encryption-key');
  const rotate = () => startProgram(script, { cwd: folder.path, env: { DATA_DIR: folder.path } });
  let id = '';
  {
    await using server = await startServer(options);
    ({ id } = await linkSession(connect(server), 'shop'));
    // The database belongs to the server that runs.
    await using refused = rotate();
    expect(await refused.ended).toBe(1);
    await server.stop();
  }
  const before = await readFile(keyFile, 'utf8');
  await using rotated = rotate();
  expect(await rotated.ended).toBe(0);
  expect(rotated.output()).toMatch(/^[1-9]\d* values were sealed with the new key/);
  const after = await readFile(keyFile, 'utf8');
  expect(after.trim()).toMatch(/^[0-9a-f]{64}$/);
  expect(after).not.toBe(before);

  await using again = await startServer(options);
  await eventually(async () =>
    expect(await connect(again).call('getSession', { params: { id } })).toMatchObject({ state: 'connected' }),
  );
  await again.stop();
  await using wrong = startProgram(join(import.meta.dirname, '..', '..', 'server', 'src', 'main.ts'), {
    cwd: folder.path,
    env: { PORT: '0', DATA_DIR: folder.path, ENCRYPTION_KEY: before.trim() },
  });
  expect(await wrong.ended).toBe(1);
  expect(wrong.output()).toContain('ENCRYPTION_KEY is not the key');
});
