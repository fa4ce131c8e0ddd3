import { createCipheriv, createDecipheriv, pbkdf2, randomBytes, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { type KeyPair, generateKeyPair, sharedKey } from '@zapfleet/curve';
import type { Account } from '../store/accounts.ts';
import type { Device } from '../store/devices.ts';
import { unseal } from '../wire/aes-gcm.ts';
import { hkdf } from '../wire/hkdf.ts';
import { parseJid } from '../wire/jid.ts';
import { SERVER, type Stanza, bytesOf, childOf, el } from '../wire/stanza.ts';
import { type Answer, BAD_REQUEST, NOT_FOUND, answerStanza } from './answers.ts';
import type { Candidate } from './candidate.ts';
import type { Pairings } from './pairings.ts';
import { Refused } from './refused.ts';
import { type World, unixTime } from './world.ts';

type Attempt = {
  readonly account: Account;
  readonly ephemeral: KeyPair;
  readonly companionKey: Buffer;
  readonly done: PromiseWithResolvers<Device>;
  readonly timer: NodeJS.Timeout;
};
type Request = {
  readonly candidate: Candidate;
  readonly reference: string;
  readonly wrapped: Buffer;
  readonly expiresAt: number;
  attempt: Attempt | undefined;
};

const CODE = /^[0-9A-Z]{8}$/;
const ITERATIONS = 131_072;
const GOOD_FOR_MS = 3 * 60_000;
const ANSWER_MS = 20_000;
const derive = promisify(pbkdf2);

/** Linking by a code that the companion shows and a person types into the phone, instead of a QR code. */
export class LinkCodes {
  readonly #world: World;
  readonly #pairings: Pairings;
  /** The newest request for each number. */
  readonly #requests = new Map<string, Request>();

  constructor(world: World, pairings: Pairings) {
    this.#world = world;
    this.#pairings = pairings;
  }

  /** What an unlinked client asks about codes. True where it was meant for this. */
  accept(candidate: Candidate, stanza: Stanza): boolean {
    const registration = childOf(stanza, 'link_code_companion_reg');
    if (stanza.tag !== 'iq' || registration === undefined) return false;
    const stage = registration.attrs['stage'];
    if (stage === 'companion_hello') candidate.link.send(answerStanza(stanza, this.#hello(candidate, registration)));
    else if (stage === 'companion_finish') this.#finish(candidate, stanza, registration);
    else candidate.link.send(answerStanza(stanza, BAD_REQUEST));
    return true;
  }

  /** A person types a code into the phone. Resolves when the companion is linked; rejects with `Refused`. */
  async type(account: Account, written: string): Promise<Device> {
    const code = written.replaceAll(/[\s-]/g, '').toUpperCase();
    if (!CODE.test(code)) throw new Refused(400, 'link_code_invalid', 'A pairing code has eight letters and digits.');
    const request = this.#requests.get(account.phone);
    if (request === undefined) {
      throw new Refused(409, 'link_code_not_requested', 'No client asked for a code for this phone.');
    }
    if (request.expiresAt <= this.#world.clock.now()) {
      throw new Refused(410, 'link_code_expired', 'This code is no longer good; ask the client for another.');
    }
    if (request.attempt !== undefined) throw new Refused(409, 'link_code_in_use', 'This code is just being tried.');
    return this.#try(account, request, code);
  }

  closed(candidate: Candidate): void {
    for (const [phone, request] of this.#requests) {
      if (request.candidate !== candidate) continue;
      this.#requests.delete(phone);
      this.#settle(request)?.done.reject(
        new Refused(410, 'pairing_aborted', 'The client went away while it was being linked.'),
      );
    }
  }

  #hello(candidate: Candidate, registration: Stanza): Answer {
    const account = this.#world.accounts.byJid(parseJid(registration.attrs['jid'] ?? ''));
    const wrapped = bytesOf(childOf(registration, 'link_code_pairing_wrapped_companion_ephemeral_pub'));
    if (account === undefined) return NOT_FOUND;
    if (wrapped?.length !== 80) return BAD_REQUEST;
    const reference = randomUUID();
    const expiresAt = this.#world.clock.now() + GOOD_FOR_MS;
    this.#requests.set(account.phone, { candidate, reference, wrapped, expiresAt, attempt: undefined });
    const child = el('link_code_pairing_ref', {}, Buffer.from(reference, 'utf8'));
    return [el('link_code_companion_reg', { stage: 'companion_hello' }, [child])];
  }

  async #try(account: Account, request: Request, code: string): Promise<Device> {
    const ephemeral = generateKeyPair();
    const done = Promise.withResolvers<Device>();
    const timer = setTimeout(() => {
      this.#settle(request);
      done.reject(new Refused(504, 'pairing_timeout', 'The client did not answer.'));
    }, ANSWER_MS).unref();
    const salt = request.wrapped.subarray(0, 32);
    // With a wrong code this is a key of nobody, and what the client answers cannot be read.
    const [companionKey, wrappedOurs] = await Promise.all([unwrap(request.wrapped, salt, code), wrap(ephemeral, code)]);
    request.attempt = { account, ephemeral, companionKey, done, timer };
    const hello = el('link_code_companion_reg', { stage: 'primary_hello' }, [
      el('link_code_pairing_wrapped_primary_ephemeral_pub', {}, wrappedOurs),
      el('primary_identity_pub', {}, account.identity.publicKey),
      el('link_code_pairing_ref', {}, Buffer.from(request.reference, 'utf8')),
    ]);
    const attributes = { from: SERVER, type: 'link_code_companion_reg', id: randomUUID(), t: unixTime(this.#world) };
    request.candidate.link.send(el('notification', attributes, [hello]));
    return done.promise;
  }

  #finish(candidate: Candidate, stanza: Stanza, registration: Stanza): void {
    const reference = bytesOf(childOf(registration, 'link_code_pairing_ref'))?.toString('utf8');
    const request = this.#requests.values().find((one) => one.candidate === candidate && one.reference === reference);
    const attempt = request === undefined ? undefined : this.#settle(request);
    if (request === undefined || attempt === undefined) {
      candidate.link.send(answerStanza(stanza, NOT_FOUND));
      return;
    }
    const advSecret = readBundle(
      attempt,
      candidate,
      bytesOf(childOf(registration, 'link_code_pairing_wrapped_key_bundle')),
    );
    if (advSecret === undefined) {
      candidate.link.send(answerStanza(stanza, BAD_REQUEST));
      attempt.done.reject(new Refused(422, 'link_code_wrong', 'This is not the code that the client shows.'));
      return;
    }
    this.#requests.delete(attempt.account.phone);
    candidate.link.send(answerStanza(stanza, []));
    this.#pairings.takeIn(attempt.account, candidate, advSecret).then(attempt.done.resolve, attempt.done.reject);
  }

  #settle(request: Request): Attempt | undefined {
    const { attempt } = request;
    clearTimeout(attempt?.timer);
    request.attempt = undefined;
    return attempt;
  }
}

/** The secret that both sides share once the client proved that it knows the code; undefined where it did not. */
function readBundle(attempt: Attempt, candidate: Candidate, bundle: Buffer | undefined): Buffer | undefined {
  if (bundle === undefined || bundle.length < 32 + 12 + 96 + 16) return undefined;
  try {
    const shared = sharedKey(attempt.ephemeral.privateKey, attempt.companionKey);
    const key = hkdf(shared, 32, 'link_code_pairing_key_bundle_encryption_key', bundle.subarray(0, 32));
    const content = unseal(key, bundle.subarray(32, 44), bundle.subarray(44));
    const { identity } = attempt.account;
    if (!content.subarray(0, 32).equals(candidate.offer.identity)) return undefined;
    if (!content.subarray(32, 64).equals(identity.publicKey)) return undefined;
    const identityShared = sharedKey(identity.privateKey, candidate.offer.identity);
    return hkdf(Buffer.concat([shared, identityShared, content.subarray(64, 96)]), 32, 'adv_secret');
  } catch {
    return undefined;
  }
}

/** Salt, initialisation vector, and the key encrypted under the code. */
async function wrap(pair: KeyPair, code: string): Promise<Buffer> {
  const salt = randomBytes(32);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-ctr', await derive(code, salt, ITERATIONS, 32, 'sha256'), iv);
  return Buffer.concat([salt, iv, cipher.update(pair.publicKey), cipher.final()]);
}

async function unwrap(wrapped: Buffer, salt: Buffer, code: string): Promise<Buffer> {
  const key = await derive(code, salt, ITERATIONS, 32, 'sha256');
  const cipher = createDecipheriv('aes-256-ctr', key, wrapped.subarray(32, 48));
  return Buffer.concat([cipher.update(wrapped.subarray(48, 80)), cipher.final()]);
}
