// Loaded before the program itself (`--import`), in plain JavaScript so that nothing needs to be stripped for it: what Node has stripped and
// compiled once it reads from here the next time. Where the folder cannot be written, Node does without.
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const WRITTEN_AFTER_MS = 60_000;

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/zapfleet', import.meta.url)));
// Node writes it when it ends in an orderly way; a server that is killed each time would never have one.
setTimeout(flushCompileCache, WRITTEN_AFTER_MS).unref();
