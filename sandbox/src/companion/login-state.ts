import { BufferJSON, type AuthenticationState, initAuthCreds, proto } from 'baileys';
import type { Rows } from './rows.ts';

/** Credentials and keys of one instance among the rows that begin with `prefix`. */
export function loginState(rows: Rows, prefix: string): { state: AuthenticationState; save: () => void } {
  const stored = rows.get(`${prefix}creds`);
  const creds = stored === undefined ? initAuthCreds() : (read(stored) as AuthenticationState['creds']);
  return {
    save: () => rows.put(`${prefix}creds`, write(creds)),
    state: {
      creds,
      keys: {
        get: (type, ids) => {
          const found: Record<string, never> = {};
          for (const id of ids) {
            const value = rows.get(`${prefix}key/${type}/${id}`);
            if (value !== undefined) found[id] = keyOf(type, read(value)) as never;
          }
          return Promise.resolve(found);
        },
        set: (data) => {
          for (const [type, entries] of Object.entries(data)) {
            for (const [id, value] of Object.entries(entries as Record<string, unknown>)) {
              rows.put(`${prefix}key/${type}/${id}`, value == null ? null : write(value));
            }
          }
          return Promise.resolve();
        },
      },
    },
  };
}

export function write(value: unknown): string {
  return JSON.stringify(value, BufferJSON.replacer);
}

export function read(text: string): unknown {
  return JSON.parse(text, BufferJSON.reviver) as unknown;
}

function keyOf(type: string, value: unknown): unknown {
  return type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(value as object) : value;
}
