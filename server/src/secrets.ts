/** Secrets that the server makes for itself: files of the data folder that only its own user may read. */
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';

export type Secret = {
  value: string;
  path: string;
  /** Whether others of this machine could read it until now; it was closed to them, but they may have it. */
  wasOpen: boolean;
};

/** The content of the file; when there is none, it is made first, whole or not at all. Throws what the file system throws. */
export function readOrCreateSecret(path: string, make: () => string): Secret {
  const known = readSecret(path);
  if (known) return known;
  const value = make();
  writeSecret(path, value);
  return { value, path, wasOpen: false };
}

/** Takes the place of what was there, whole or not at all. */
export function writeSecret(path: string, value: string): void {
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    // `openSync` gives the mode to new files only, and a crash may have left one.
    chmodSync(draft, 0o600);
    writeSync(file, `${value}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

function readSecret(path: string): Secret | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return null;
  const wasOpen = (stat.mode & 0o077) !== 0;
  if (wasOpen) chmodSync(path, 0o600);
  return { value: readFileSync(path, 'utf8').trim(), path, wasOpen };
}
