import { generateKeyPair, publicKeyOf } from '@zapfleet/curve';
import { type ServerIdentity, issueChain } from '../wire/certificate.ts';
import type { Database } from './database.ts';

/** The network's own keys, made at its first start and kept: clients are told to trust the root. */
export function networkIdentity(db: Database): ServerIdentity {
  return db.transaction(() => {
    const one = db.prepare('SELECT value FROM network WHERE name = ?');
    const put = db.prepare('INSERT INTO network VALUES (?, ?)');
    const keep = (name: string, make: () => Uint8Array): Buffer => {
      const stored = one.first(name)?.blob('value');
      if (stored !== undefined) return stored;
      const value = Buffer.from(make());
      put.run(name, value);
      return value;
    };
    const pair = (name: string) => {
      const privateKey = keep(name, () => generateKeyPair().privateKey);
      return { privateKey, publicKey: publicKeyOf(privateKey) };
    };
    const root = pair('root key');
    const staticKey = pair('static key');
    const chain = keep('certificate chain', () => issueChain(root, staticKey));
    return { rootPublicKey: root.publicKey, staticKey, chain };
  });
}

/** A secret by which the network knows its own QR references again. */
export function referenceSecret(db: Database): Buffer {
  return db.transaction(() => {
    const stored = db.prepare('SELECT value FROM network WHERE name = ?').first('reference secret')?.blob('value');
    if (stored !== undefined) return stored;
    const secret = Buffer.from(generateKeyPair().privateKey);
    db.prepare('INSERT INTO network VALUES (?, ?)').run('reference secret', secret);
    return secret;
  });
}
