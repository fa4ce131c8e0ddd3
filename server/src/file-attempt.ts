/** Touches the file system, and says in plain words why it could not. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Runs what touches the file system; `otherwise` gets the reason in plain words. */
export function attempt<T>(act: () => T, otherwise: (reason: string, code: string) => never): T;
export function attempt<T>(act: () => T, otherwise: (reason: string, code: string) => T | null): T | null;
export function attempt<T>(act: () => T, otherwise: (reason: string, code: string) => T | null): T | null {
  try {
    return act();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return otherwise(reasons[code] ?? code, code);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'there is a file of this name',
  EISDIR: 'it is a folder',
  ENOENT: 'it cannot be made',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'the name is too long',
};

/** Not `recursive`: where a file system takes no folders and says that the path is missing, Node's own recursion never ends. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, 0o700);
}
