import { deserialize, serialize } from 'node:v8';
import { type AuthenticationCreds, type SignalKeyStore, initAuthCreds } from 'baileys';

/** Credentials and keys of one session in plain maps: the least that the library can be given, and the fastest. */
export type MemoryAuth = { creds: AuthenticationCreds; readonly keys: SignalKeyStore; pack(): Buffer };

type Packed = { creds: AuthenticationCreds; stored: Map<string, unknown> };

export function newAuth(): MemoryAuth {
  return authOf({ creds: initAuthCreds(), stored: new Map() });
}

export function unpackAuth(packed: Buffer): MemoryAuth {
  return authOf(deserialize(packed) as Packed);
}

function authOf({ creds, stored }: Packed): MemoryAuth {
  const auth: MemoryAuth = {
    creds,
    keys: {
      get: (type, ids) => {
        const found: Record<string, never> = {};
        for (const id of ids) {
          const value = stored.get(`${type}/${id}`);
          if (value !== undefined) found[id] = value as never;
        }
        return found;
      },
      set: (data) => {
        for (const [type, entries] of Object.entries(data)) {
          for (const [id, value] of Object.entries(entries as Record<string, unknown>)) {
            if (value == null) stored.delete(`${type}/${id}`);
            else stored.set(`${type}/${id}`, value);
          }
        }
      },
    },
    pack: () => serialize({ creds: auth.creds, stored } satisfies Packed),
  };
  return auth;
}
