/** Packs scripts and styles as small as they get, once at the build; the server would need seconds for it at each start. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Plugin } from 'vite';

export function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    writeBundle: ({ dir = '' }, bundle) => {
      for (const [name, file] of Object.entries(bundle)) {
        if (!/\.(js|css)$/.test(name)) continue;
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(file.type === 'chunk' ? file.code : file.source));
      }
    },
  };
}
