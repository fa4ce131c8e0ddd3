import {
  type KeyObject,
  X509Certificate,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIP } from 'node:net';
import { bits, explicit, implicit, integer, octets, oid, sequence, setOf, time, utf8, yes } from './der.ts';

/** An authority that nobody but clients of this network trusts. PEM, both. */
export type Authority = { readonly certificate: string; readonly privateKey: string };
/** What a TLS server shows. */
export type HostIdentity = { readonly cert: string; readonly key: string };

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const COMMON_NAME = oid('2.5.4.3');
const KEY_USAGE = oid('2.5.29.15');
const ALT_NAMES = oid('2.5.29.17');
const BASIC_CONSTRAINTS = oid('2.5.29.19');
const AUTHORITY_KEY = oid('2.5.29.35');
const SUBJECT_KEY = oid('2.5.29.14');
const EXTENDED_USAGE = oid('2.5.29.37');
const SERVER_AUTH = oid('1.3.6.1.5.5.7.3.1');
const SIGNS_CERTIFICATES = Buffer.from([0x04]);
const SIGNS = Buffer.from([0x80]);
const DNS_NAME = 2;
const IP_ADDRESS = 7;
const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** Clients refuse certificates of hosts that last longer. A host gets a new one at each start. */
const HOST_DAYS = 397;

type Wish = {
  readonly name: string;
  readonly issuer: string;
  readonly key: KeyObject;
  readonly signer: KeyObject;
  readonly days: number;
  readonly extensions: readonly Buffer[];
};

/** Certificates are judged by the clock of the machine, whatever clock the network goes by. */
export function newAuthority(now = new Date()): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // A name of its own: two networks must not be taken for each other.
  const name = `Zapfleet sandbox ${randomBytes(4).toString('hex')}`;
  const certificate = issue(
    {
      name,
      issuer: name,
      key: publicKey,
      signer: privateKey,
      days: AUTHORITY_DAYS,
      extensions: [
        extension(BASIC_CONSTRAINTS, sequence(yes, integer(Buffer.from([0]))), true),
        extension(KEY_USAGE, bits(SIGNS_CERTIFICATES, 2), true),
        extension(SUBJECT_KEY, octets(keyId(publicKey))),
      ],
    },
    now,
  );
  return { certificate, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}

/** A key and a certificate for whoever is reached under these names and addresses. */
export function hostIdentity(authority: Authority, names: readonly string[], now = new Date()): HostIdentity {
  const signer = createPrivateKey(authority.privateKey);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = issue(
    {
      name: names[0] ?? 'localhost',
      issuer: subjectOf(authority),
      key: publicKey,
      signer,
      days: HOST_DAYS,
      extensions: [
        extension(BASIC_CONSTRAINTS, sequence(), true),
        extension(KEY_USAGE, bits(SIGNS, 7), true),
        extension(EXTENDED_USAGE, sequence(SERVER_AUTH)),
        extension(ALT_NAMES, sequence(...names.map(altName))),
        extension(AUTHORITY_KEY, sequence(implicit(0, keyId(createPublicKey(signer))))),
      ],
    },
    now,
  );
  // With the authority's own: some clients know it by its key alone and must see it.
  return { cert: cert + authority.certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}

function issue({ name, issuer, key, signer, days, extensions }: Wish, now: Date): string {
  const serial = randomBytes(16);
  // Not negative and not shortened, whatever came out.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const validity = sequence(time(new Date(now.getTime() - DAY_MS)), time(new Date(now.getTime() + days * DAY_MS)));
  const content = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    nameOf(issuer),
    validity,
    nameOf(name),
    key.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  const certificate = sequence(content, ECDSA_SHA256, bits(sign('sha256', content, signer)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function nameOf(commonName: string): Buffer {
  return sequence(setOf(sequence(COMMON_NAME, utf8(commonName))));
}

function subjectOf({ certificate }: Authority): string {
  return new X509Certificate(certificate).subject.replace(/^CN=/, '');
}

function extension(id: Buffer, value: Buffer, critical = false): Buffer {
  return critical ? sequence(id, yes, octets(value)) : sequence(id, octets(value));
}

function altName(name: string): Buffer {
  const family = isIP(name);
  if (family === 0) return implicit(DNS_NAME, Buffer.from(name, 'ascii'));
  return implicit(IP_ADDRESS, family === 4 ? Buffer.from(name.split('.').map(Number)) : ipv6Bytes(name));
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const gap = tail === undefined ? 0 : 8 - first.length - last.length;
  const bytes = Buffer.alloc(16);
  [...first, ...Array<number>(gap).fill(0), ...last].forEach((group, index) => bytes.writeUInt16BE(group, index * 2));
  return bytes;
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}
