import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Blob, Blobs } from '../store/blobs.ts';
import { type Sealed, isGenuine, openFile, sealBytes, sealFile } from './cipher.ts';
import type { Folder, StoredFile } from './folder.ts';
import type { MediaKind } from './media-keys.ts';

/** Who uploads: a phone (device 0) or a companion. */
export type Uploader = { readonly phone: string; readonly device: number };
/** How a file is found: `url` names this host, `directPath` serves with whatever host the network names later. */
export type Address = { readonly directPath: string; readonly url: string };

/** How long an upload may be begun after it was asked where to. Seconds. */
export const AUTH_TTL = 21_600;
const SIGNATURE = 24;
/** The directories that the real host has for the kinds. */
const DIRECTORY: Record<string, string> = {
  image: 't62.7118-24',
  video: 't62.7161-24',
  document: 't62.7119-24',
  audio: 't62.7117-24',
};
const ANY_DIRECTORY = 't62.36144-24';
/** The real ones are good for about a month. */
const ADDRESS_DAYS = 30;

/** The files of the media host as the network and its phones know them. */
export class MediaStore {
  readonly folder: Folder;
  readonly blobs: Blobs;
  readonly #secret: Uint8Array;
  readonly #now: () => number;
  /** `host:port` by which phones name it in their messages; known once the network listens. */
  hostname = 'localhost';

  constructor(folder: Folder, blobs: Blobs, secret: Uint8Array, now: () => number) {
    this.folder = folder;
    this.blobs = blobs;
    this.#secret = secret;
    this.#now = now;
  }

  /** What a companion shows when it uploads. */
  authFor({ phone, device }: Uploader): string {
    const claim = `${phone}.${device}.${Math.floor(this.#now() / 1000) + AUTH_TTL}`;
    return `${claim}.${this.#sign(claim)}`;
  }

  /** Undefined where it is not ours or too old. */
  uploaderOf(auth: string): Uploader | undefined {
    const end = auth.lastIndexOf('.');
    const claim = auth.slice(0, end);
    const [phone, device, expiry] = claim.split('.');
    if (phone === undefined || !this.#isSigned(claim, auth.slice(end + 1))) return undefined;
    return Number(expiry) * 1000 > this.#now() ? { phone, device: Number(device) } : undefined;
  }

  /** Gives a file that is in the folder an address. */
  register({ phone, device }: Uploader, kind: string, { file, bytes }: StoredFile, hostname = this.hostname): Address {
    const name = `${String(randomBytes(6).readUIntBE(0, 6))}_${String(randomBytes(6).readUIntBE(0, 6))}_n.enc`;
    const path = `/v/${DIRECTORY[kind] ?? ANY_DIRECTORY}/${name}`;
    this.blobs.add({ path, file, kind, owner: phone, device, bytes, createdAt: this.#now() });
    return this.#addressOf(path, hostname);
  }

  /** What this uploader has there already. */
  addressOf(uploader: Uploader, file: string, hostname = this.hostname): Address | undefined {
    const blob = this.blobs.findFile(uploader.phone, file);
    return blob === undefined ? undefined : this.#addressOf(blob.path, hostname);
  }

  /** The file at an address, with its query as it was given out; undefined for an address that never was. */
  find(directPath: string): Blob | undefined {
    const address = URL.parse(directPath, 'https://host');
    if (address === null) return undefined;
    const { pathname, searchParams } = address;
    const signature = searchParams.get('oh') ?? '';
    return this.#isSigned(`${pathname} ${searchParams.get('oe') ?? ''}`, signature)
      ? this.blobs.find(pathname)
      : undefined;
  }

  /** A phone encrypts a file and uploads it. */
  async upload(phone: string, kind: MediaKind, content: Readable): Promise<Sealed & Address> {
    return this.#announce(phone, await sealFile(this.folder, content, kind));
  }

  /** The same at once, for what is small. */
  uploadNow(phone: string, kind: MediaKind, content: Uint8Array): Sealed & Address {
    return this.#announce(phone, sealBytes(this.folder, content, kind));
  }

  #announce(phone: string, { encryptedBytes, ...sealed }: Sealed & { encryptedBytes: number }): Sealed & Address {
    const stored = { file: Buffer.from(sealed.encSha256).toString('hex'), bytes: encryptedBytes };
    return { ...sealed, ...this.register({ phone, device: 0 }, sealed.kind, stored) };
  }

  /** What became of a file since, whatever the host says of it now: a phone keeps what it once fetched. */
  async inspect(sealed: Sealed, directPath: string): Promise<'intact' | 'missing' | 'damaged'> {
    const blob = this.find(directPath);
    if (blob === undefined || !this.folder.has(blob.file)) return 'missing';
    if (blob.file !== Buffer.from(sealed.encSha256).toString('hex')) return 'damaged';
    return (await isGenuine(this.folder, sealed, blob.bytes)) ? 'intact' : 'damaged';
  }

  /** The plain file; undefined where it is missing. Ask `inspect` first. */
  open(sealed: Sealed, directPath: string): Readable | undefined {
    const blob = this.find(directPath);
    return blob === undefined ? undefined : openFile(this.folder, sealed, blob.bytes);
  }

  #addressOf(path: string, hostname: string): Address {
    const expires = (Math.floor(this.#now() / 1000) + ADDRESS_DAYS * 86_400).toString(16).toUpperCase();
    const directPath = `${path}?ccb=11-4&oh=${this.#sign(`${path} ${expires}`)}&oe=${expires}&_nc_sid=5e03e0`;
    return { directPath, url: `https://${hostname}${directPath}&mms3=true` };
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url').slice(0, SIGNATURE);
  }

  #isSigned(text: string, signature: string): boolean {
    const given = Buffer.from(signature);
    const right = Buffer.from(this.#sign(text));
    return given.length === right.length && timingSafeEqual(given, right);
  }
}
