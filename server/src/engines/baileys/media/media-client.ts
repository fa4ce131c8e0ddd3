/** The files of one run: up, down, and asked for again, all by the one way out that its session has. */
import type { BinaryNode, WASocket } from 'baileys';
import { type MediaCalls, MediaGone, type OutgoingMedia } from '../../../ports/engine.ts';
import type { Log } from '../../../ports/log.ts';
import type { Route } from '../network/route.ts';
import { downloadFile } from './download.ts';
import type { Bytes } from './file-cipher.ts';
import { MediaHosts } from './media-hosts.ts';
import { decodeMediaRef, type MediaFamily, type MediaRef } from './media-ref.ts';
import { MediaRetries } from './media-retries.ts';
import { uploadFile, type UploadedFile } from './upload.ts';

export type MediaClientParts = {
  route: Route;
  /** The connection, once there is one; throws before. */
  socket: () => Pick<WASocket, 'query' | 'sendNode'>;
  /** This account's JID. */
  me: () => string;
  /** WhatsApp's own network: its best-known host serves what is asked for while none was named. */
  isGenuine: boolean;
  /** Aborts with the run. */
  signal: AbortSignal;
  log: Log;
};

const KNOWN_HOST = 'mmg.whatsapp.net';

export class MediaClient implements MediaCalls {
  readonly #parts: MediaClientParts;
  readonly #retries = new MediaRetries();
  readonly #hosts: MediaHosts;

  constructor(parts: MediaClientParts) {
    this.#parts = parts;
    this.#hosts = new MediaHosts((question, limitMs) => parts.socket().query(question, limitMs));
  }

  /** A `mediaretry` notification. */
  heard(stanza: BinaryNode): void {
    this.#retries.heard(stanza);
  }

  upload(family: Exclude<MediaFamily, 'history'>, media: OutgoingMedia): Promise<UploadedFile> {
    const { route, signal, log } = this.#parts;
    const hosts = (renew: boolean) => this.#hosts.get(renew);
    return uploadFile(family, media, { hosts, dispatcher: route.dispatcher, signal, log });
  }

  async download(ref: Uint8Array, signal: AbortSignal): Promise<Bytes> {
    const file = decodeMediaRef(ref);
    const either = AbortSignal.any([signal, this.#parts.signal]);
    const found = await this.fetch(file, either);
    if (found) return found;
    const again = await this.#uploadedAgain(file, either);
    if (again) return again;
    throw new MediaGone('WhatsApp has the file no more, also after the phone uploaded it again.');
  }

  /** `null`: the hosts have it no more. */
  async fetch(file: MediaRef, signal: AbortSignal): Promise<Bytes | null> {
    return downloadFile(file, { hosts: await this.#hostsToAsk(), dispatcher: this.#parts.route.dispatcher, signal });
  }

  async #uploadedAgain(file: MediaRef, signal: AbortSignal): Promise<Bytes | null> {
    const { mediaKey } = file;
    if (mediaKey === null) throw new MediaGone('WhatsApp has the file no more.');
    const { me, socket } = this.#parts;
    const send = (stanza: BinaryNode) => socket().sendNode(stanza);
    const directPath = await this.#retries.ask({ ...file, mediaKey }, me(), send, signal);
    return this.fetch({ ...file, directPath }, signal);
  }

  async #hostsToAsk(): Promise<readonly string[]> {
    const { isGenuine } = this.#parts;
    try {
      return (await this.#hosts.get()).hosts;
    } catch (error) {
      if (isGenuine) return [KNOWN_HOST];
      throw error;
    }
  }
}
