import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { certificate, privateKey } from '../../../egress/certificate.fixture.ts';

const MB = 1024 * 1024;
const SIZE = 300 * MB;

test('a document of 300 MB goes up and down in a process of less than 250 MB', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zapfleet-large-'));
  const [file, stored] = [join(folder, 'file'), join(folder, 'stored')];
  // What comes back is what was put there.
  const server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    if (request.method === 'GET') return void pipeline(createReadStream(stored), response).catch(() => undefined);
    pipeline(request, createWriteStream(stored)).then(
      () => response.end(JSON.stringify({ url: 'https://x/d', direct_path: '/d' })),
      () => response.destroy(),
    );
  });
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await writeFile(file, 'begins');
    await truncate(file, SIZE);
    const { port } = server.address() as AddressInfo;
    const program = join(import.meta.dirname, 'large-file.fixture.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [program, `127.0.0.1:${port}`, file]);
    const { length, most } = JSON.parse(stdout) as { length: number; most: number };
    expect(length).toBe(SIZE);
    expect(most).toBeLessThan(250 * MB);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  }
});
