import { randomUUID } from 'node:crypto';
import { verify } from '@zapfleet/curve';
import { proto } from 'baileys/WAProto/index.js';
import {
  type IssuedIdentity,
  completeDeviceIdentity,
  deviceSignatureText,
  issueDeviceIdentity,
  sealDeviceIdentity,
} from '../people/device-identity.ts';
import type { Account } from '../store/accounts.ts';
import type { Device } from '../store/devices.ts';
import { lidJid, pnJid } from '../wire/jid.ts';
import { SERVER, type Stanza, bytesOf, childOf, el } from '../wire/stanza.ts';
import type { Candidate } from './candidate.ts';
import { freeDevice, linkDevice } from './linked-devices.ts';
import { isOurReference, makeReference, readQr } from './qr-references.ts';
import { Refused } from './refused.ts';
import { RESTART_REQUIRED, streamError } from './stream-errors.ts';
import { type World, unixTime } from './world.ts';

/** How many QR codes a client gets and how long each is good: the first, then every one after it. */
export type QrTiming = { readonly count: number; readonly firstMs: number; readonly nextMs: number };

type Shown = { readonly candidate: Candidate; readonly expiresAt: number };
type Answered = { readonly stanza: Stanza; readonly device: (deviceSignature: Uint8Array) => Device };
type Pending = Answered & {
  readonly account: Account;
  readonly companion: Uint8Array;
  readonly issued: IssuedIdentity;
  readonly done: PromiseWithResolvers<Device>;
  readonly timer: NodeJS.Timeout;
};

/** A client answers at once; this is for one that does not. */
const ANSWER_MS = 20_000;
const MOST_USED_KEPT = 10_000;

/** Clients that are not linked yet, and how they come to be. Nothing of it outlives the process. */
export class Pairings {
  readonly #world: World;
  readonly #secret: Uint8Array;
  readonly #timing: QrTiming;
  readonly #shown = new Map<string, Shown>();
  readonly #used = new Set<string>();
  readonly #pending = new Map<Candidate, Pending>();

  constructor(world: World, secret: Uint8Array, timing: QrTiming) {
    this.#world = world;
    this.#secret = secret;
    this.#timing = timing;
  }

  /** Gives a new client the references for its QR codes. */
  invite(candidate: Candidate): void {
    const now = this.#world.clock.now();
    const { count, firstMs, nextMs } = this.#timing;
    candidate.references = Array.from({ length: count }, () => makeReference(this.#secret));
    candidate.references.forEach((reference, index) => {
      this.#shown.set(reference, { candidate, expiresAt: now + firstMs + index * nextMs });
    });
    const references = candidate.references.map((reference) => el('ref', {}, Buffer.from(reference, 'utf8')));
    const attributes = { from: SERVER, type: 'set', id: randomUUID(), t: unixTime(this.#world) };
    candidate.link.send(el('iq', attributes, [el('pair-device', {}, references)]));
  }

  /** A phone scans a QR code. Resolves when the companion is linked; rejects with `Refused`. */
  async scan(account: Account, qr: string): Promise<Device> {
    const content = readQr(qr);
    if (content === undefined || !isOurReference(this.#secret, content.reference)) {
      throw new Refused(400, 'qr_invalid', 'This is not a QR code of this network.');
    }
    if (this.#used.has(content.reference)) {
      throw new Refused(409, 'qr_already_used', 'This QR code was scanned already.');
    }
    const shown = this.#shown.get(content.reference);
    if (shown === undefined || shown.expiresAt <= this.#world.clock.now()) {
      throw new Refused(410, 'qr_expired', 'This QR code is no longer good; scan the one that is shown now.');
    }
    const { candidate } = shown;
    const { offer } = candidate;
    if (!content.noiseKey.equals(offer.noiseKey) || !content.identity.equals(offer.identity)) {
      throw new Refused(400, 'qr_invalid', 'The keys in this QR code are not those of the client that shows it.');
    }
    return this.takeIn(account, candidate, content.advSecret);
  }

  /** The phone signs the companion's identity and waits for the companion to sign in return. */
  async takeIn(account: Account, candidate: Candidate, advSecret: Uint8Array): Promise<Device> {
    if (this.#pending.has(candidate)) {
      throw new Refused(409, 'qr_already_used', 'Another phone is just taking in this client.');
    }
    const device = freeDevice(this.#world, account);
    if (device === undefined) throw new Refused(409, 'device_limit', 'This phone has no room for another device.');
    this.#forget(candidate, 'used');
    const answered = this.#answer(account, candidate, device, advSecret);
    candidate.link.send(answered.stanza);
    return answered.done.promise;
  }

  /** What an unlinked client answers. True where it was meant for this. */
  accept(candidate: Candidate, stanza: Stanza): boolean {
    const signed = childOf(childOf(stanza, 'pair-device-sign'), 'device-identity');
    const pending = this.#pending.get(candidate);
    if (signed === undefined || pending === undefined) return false;
    const { account, companion, issued, done } = pending;
    this.#settle(candidate);
    const { deviceSignature } = proto.ADVSignedDeviceIdentity.decode(bytesOf(signed) ?? Buffer.alloc(0));
    const text = deviceSignatureText(account, issued, companion);
    if (deviceSignature == null || !verify(companion, text, deviceSignature)) {
      candidate.link.end(streamError(400));
      done.reject(new Refused(422, 'pairing_rejected', 'The client did not sign the device identity.'));
      return true;
    }
    const device = pending.device(deviceSignature);
    this.#world.db.transaction(() => linkDevice(this.#world, account, device));
    candidate.link.end(RESTART_REQUIRED);
    done.resolve(device);
    return true;
  }

  /** The client is gone: its codes are dead. */
  closed(candidate: Candidate): void {
    this.#forget(candidate, 'expired');
    const pending = this.#pending.get(candidate);
    if (pending === undefined) return;
    this.#settle(candidate);
    pending.done.reject(new Refused(410, 'pairing_aborted', 'The client went away while it was being linked.'));
  }

  #answer(account: Account, candidate: Candidate, device: number, advSecret: Uint8Array): Pending {
    const { offer } = candidate;
    const now = this.#world.clock.now();
    const keyIndex = this.#world.accounts.nextKeyIndex(account.phone, device);
    const issued = issueDeviceIdentity(account, offer.identity, keyIndex, now);
    const stanza = el('iq', { from: SERVER, type: 'set', id: randomUUID(), t: unixTime(this.#world) }, [
      el('pair-success', {}, [
        el('device-identity', {}, sealDeviceIdentity(account, issued, advSecret)),
        el('device', { jid: pnJid(account.phone, device), lid: lidJid(account.lid, device) }),
        el('platform', { name: 'android' }),
      ]),
    ]);
    const done = Promise.withResolvers<Device>();
    const timer = setTimeout(() => {
      this.#settle(candidate);
      done.reject(new Refused(504, 'pairing_timeout', 'The client did not answer.'));
    }, ANSWER_MS).unref();
    const pending: Pending = {
      account,
      companion: offer.identity,
      issued,
      stanza,
      done,
      timer,
      device: (deviceSignature) => ({
        ...offer,
        phone: account.phone,
        device,
        deviceIdentity: completeDeviceIdentity(account, issued, deviceSignature),
        keyIndex,
        greeted: false,
        linkedAt: now,
      }),
    };
    this.#pending.set(candidate, pending);
    return pending;
  }

  #settle(candidate: Candidate): void {
    clearTimeout(this.#pending.get(candidate)?.timer);
    this.#pending.delete(candidate);
  }

  #forget(candidate: Candidate, how: 'used' | 'expired'): void {
    for (const reference of candidate.references) {
      this.#shown.delete(reference);
      if (how === 'used') this.#used.add(reference);
    }
    candidate.references = [];
    for (const oldest of this.#used) {
      if (this.#used.size <= MOST_USED_KEPT) break;
      this.#used.delete(oldest);
    }
  }
}
