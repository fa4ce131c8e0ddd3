import { generateKeyPair, publicKeyOf } from '@zapfleet/curve';
import { type Authority, newAuthority } from '../media/authority.ts';
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
  return keptSecret(db, 'reference secret');
}

/** A secret by which the media host knows the addresses and permissions that it gave out. */
export function mediaSecret(db: Database): Buffer {
  return keptSecret(db, 'media secret');
}

/** The authority of the media host: whoever trusted it once finds it again. */
export function mediaAuthority(db: Database): Authority {
  return db.transaction(() => {
    const one = db.prepare('SELECT value FROM network WHERE name = ?');
    const certificate = one.first('media certificate')?.blob('value');
    const privateKey = one.first('media key')?.blob('value');
    if (certificate !== undefined && privateKey !== undefined) {
      return { certificate: certificate.toString('utf8'), privateKey: privateKey.toString('utf8') };
    }
    const authority = newAuthority();
    const put = db.prepare('INSERT OR REPLACE INTO network VALUES (?, ?)');
    put.run('media certificate', Buffer.from(authority.certificate, 'utf8'));
    put.run('media key', Buffer.from(authority.privateKey, 'utf8'));
    return authority;
  });
}

function keptSecret(db: Database, name: string): Buffer {
  return db.transaction(() => {
    const stored = db.prepare('SELECT value FROM network WHERE name = ?').first(name)?.blob('value');
    if (stored !== undefined) return stored;
    const secret = Buffer.from(generateKeyPair().privateKey);
    db.prepare('INSERT INTO network VALUES (?, ?)').run(name, secret);
    return secret;
  });
}
