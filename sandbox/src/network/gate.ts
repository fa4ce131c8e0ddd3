import { proto } from 'baileys/WAProto/index.js';
import { lidJid } from '../wire/jid.ts';
import type { Link, LinkListener } from '../wire/link.ts';
import type { NoiseClient } from '../wire/noise.ts';
import { type Stanza, el } from '../wire/stanza.ts';
import { answerStanza } from './answers.ts';
import { type Candidate, readOffer } from './candidate.ts';
import { acceptStanza } from './companion-stanzas.ts';
import { Connection } from './connections.ts';
import type { Faults } from './faults.ts';
import type { LinkCodes } from './link-codes.ts';
import { leavePresence } from './presence-news.ts';
import type { Pairings } from './pairings.ts';
import { REPLACED, loginFailure, streamError } from './stream-errors.ts';
import { type World, unixTime } from './world.ts';

type Stage =
  | { kind: 'knocking' }
  | { kind: 'candidate'; candidate: Candidate }
  | { kind: 'companion'; connection: Connection }
  | { kind: 'turned away' };

export type House = { readonly pairings: Pairings; readonly linkCodes: LinkCodes; readonly faults: Faults };

/** One client from its first byte: judged by what it said in the handshake, then heard as what it is. */
export class Gate implements LinkListener {
  readonly #world: World;
  readonly #house: House;
  readonly #link: Link;
  readonly #host: string;
  #stage: Stage = { kind: 'knocking' };

  /** `host` is under which the client came. */
  constructor(world: World, house: House, host: string, link: (listener: LinkListener) => Link) {
    this.#world = world;
    this.#house = house;
    this.#host = host;
    this.#link = link(this);
  }

  opened(client: NoiseClient): void {
    const payload = proto.ClientPayload.decode(client.payload);
    if (payload.devicePairingData == null) this.#logIn(client, payload);
    else this.#register(client, payload);
  }

  stanza(stanza: Stanza): void {
    switch (this.#stage.kind) {
      case 'companion':
        acceptStanza(this.#world, this.#stage.connection, stanza);
        return;
      case 'candidate':
        this.#hearCandidate(this.#stage.candidate, stanza);
        return;
      case 'knocking':
      case 'turned away':
        return;
    }
  }

  closed(): void {
    if (this.#stage.kind === 'companion') {
      this.#world.connections.remove(this.#stage.connection);
      leavePresence(this.#world, this.#stage.connection);
    }
    if (this.#stage.kind === 'candidate') {
      this.#world.candidates.delete(this.#stage.candidate);
      this.#house.pairings.closed(this.#stage.candidate);
      this.#house.linkCodes.closed(this.#stage.candidate);
    }
    this.#stage = { kind: 'turned away' };
  }

  broken(error: unknown): void {
    const reason = error instanceof Error ? error.stack : 'unknown';
    this.#world.log.warn({ stage: this.#stage.kind, reason }, 'a link was cut');
  }

  #register(client: NoiseClient, payload: proto.IClientPayload): void {
    const offer = readOffer(client.staticKey, payload);
    if (offer === undefined) {
      this.#turnAway(streamError(400));
      return;
    }
    const fault = this.#world.faults.takeAtDoor('pairing', undefined);
    if (fault !== undefined && this.#house.faults.strikeAtDoor(fault, this.#link)) {
      this.#stage = { kind: 'turned away' };
      return;
    }
    const candidate: Candidate = { link: this.#link, offer, references: [] };
    this.#stage = { kind: 'candidate', candidate };
    this.#world.candidates.add(candidate);
    this.#house.pairings.invite(candidate);
  }

  #hearCandidate(candidate: Candidate, stanza: Stanza): void {
    const { pairings, linkCodes } = this.#house;
    if (pairings.accept(candidate, stanza) || linkCodes.accept(candidate, stanza)) return;
    const { type } = stanza.attrs;
    if (stanza.tag !== 'iq' || type === 'result' || type === 'error') return;
    // A client that is not linked keeps its connection alive and may ask nothing else.
    const answer = stanza.attrs['xmlns'] === 'w:p' ? [] : { code: 401, text: 'not-authorized' };
    candidate.link.send(answerStanza(stanza, answer));
  }

  #logIn(client: NoiseClient, payload: proto.IClientPayload): void {
    const world = this.#world;
    const account = world.accounts.byPhone(String(payload.username ?? ''));
    const device = payload.device ?? 0;
    const companion = account === undefined ? undefined : world.devices.find(account.phone, device);
    if (account === undefined || companion === undefined || !client.staticKey.equals(companion.noiseKey)) {
      this.#turnAway(loginFailure(401));
      return;
    }
    const connection = new Connection(account.phone, device, this.#link, this.#host);
    const fault = world.faults.takeAtDoor('paired', connection);
    if (fault !== undefined && this.#house.faults.strikeAtDoor(fault, this.#link)) {
      this.#stage = { kind: 'turned away' };
      return;
    }
    world.connections.replace(connection)?.link.end(REPLACED);
    this.#stage = { kind: 'companion', connection };
    if (fault !== undefined) this.#house.faults.strikeInside(fault, connection);
    const created = Math.floor(account.createdAt / 1000);
    this.#link.send(
      el('success', {
        t: unixTime(world),
        lid: lidJid(account.lid, device),
        creation: created,
        props: 27,
        location: 'sandbox',
      }),
    );
  }

  #turnAway(last: Stanza): void {
    this.#stage = { kind: 'turned away' };
    this.#link.end(last);
  }
}
