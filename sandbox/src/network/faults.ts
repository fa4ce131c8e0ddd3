import { randomUUID } from 'node:crypto';
import type { Link } from '../wire/link.ts';
import { DEVICE_REMOVED, REPLACED, conflict, loginFailure, streamError } from './stream-errors.ts';
import type { Connection } from './connections.ts';
import { resumeMail } from './delivery.ts';
import { unlinkDevice } from './linked-devices.ts';
import type { World } from './world.ts';

export type FaultKind =
  | { readonly kind: 'drop' | '515' | '503' | 'replaced' | 'banned' | 'outdated' | 'logout' }
  /** Until `ms` are over, or for good. */
  | { readonly kind: 'hang' | 'silent'; readonly ms?: number | undefined }
  | { readonly kind: 'error'; readonly phase: Phase; readonly code: number; readonly conflict?: string | undefined };

export type Phase = 'pairing' | 'paired';

/** Without a phone it is for everybody, without a device for all of the phone. */
export type FaultTarget = { readonly phone: string | undefined; readonly device: number | undefined };

export type Fault = FaultTarget & {
  readonly id: string;
  readonly fault: FaultKind;
  /** How many connections it will still strike. */
  readonly left: number;
};

/**
 * Misfortunes on demand. One that is ordered strikes the connections that are there, each once and `times` at most;
 * what is left of `times` waits for those that come. Without `times` it strikes all that are there, or else the next one.
 */
export class Faults {
  readonly #world: World;
  readonly #waiting = new Map<string, Fault>();

  constructor(world: World) {
    this.#world = world;
  }

  order(fault: FaultKind, target: FaultTarget, times: number | undefined): Fault & { struck: number } {
    let struck = 0;
    for (const connection of phaseOf(fault) === 'pairing' ? [] : this.#world.connections) {
      if (times !== undefined && struck >= times) break;
      if (!concerns(target, connection)) continue;
      struck += 1;
      this.#strikeLive(fault, connection);
    }
    const left = times === undefined ? Number(struck === 0) : times - struck;
    const ordered: Fault = { ...target, id: randomUUID(), fault, left };
    if (left > 0) this.#waiting.set(ordered.id, ordered);
    return { ...ordered, struck };
  }

  list(): Fault[] {
    return [...this.#waiting.values()];
  }

  /** Answers how many were waiting. */
  clear(): number {
    const count = this.#waiting.size;
    this.#waiting.clear();
    return count;
  }

  /** A client is about to be let in. What strikes it, if anything, is used up by this. */
  take(phase: Phase, who: { phone: string; device: number } | undefined): FaultKind | undefined {
    for (const waiting of this.#waiting.values()) {
      const meant = phaseOf(waiting.fault);
      if (meant !== undefined && meant !== phase) continue;
      if (who === undefined ? waiting.phone !== undefined : !concerns(waiting, who)) continue;
      if (waiting.left > 1) this.#waiting.set(waiting.id, { ...waiting, left: waiting.left - 1 });
      else this.#waiting.delete(waiting.id);
      return waiting.fault;
    }
    return undefined;
  }

  /** Strikes a client at the door. True where it is not let in. */
  strikeAtDoor(fault: FaultKind, link: Link): boolean {
    switch (fault.kind) {
      case 'drop':
        link.cut();
        return true;
      case '515':
      case '503':
        link.end(streamError(Number(fault.kind)));
        return true;
      case 'replaced':
        link.end(REPLACED);
        return true;
      case 'banned':
        link.end(loginFailure(403));
        return true;
      case 'outdated':
        link.end(loginFailure(405));
        return true;
      case 'logout':
        link.end(loginFailure(401));
        return true;
      case 'error':
        link.end(fault.conflict === undefined ? loginFailure(fault.code) : conflict(fault.conflict, fault.code));
        return true;
      case 'hang':
        hang(link, fault.ms);
        return false;
      case 'silent':
        return false;
    }
  }

  /** What a fault that let a companion in does to it afterwards. */
  strikeInside(fault: FaultKind, connection: Connection): void {
    if (fault.kind === 'silent') this.#silence(connection, fault.ms);
  }

  #strikeLive(fault: FaultKind, connection: Connection): void {
    const { link } = connection;
    switch (fault.kind) {
      case 'banned':
        link.end(streamError(403));
        return;
      case 'outdated':
        link.end(streamError(405));
        return;
      case 'logout': {
        const account = this.#world.accounts.byPhone(connection.phone);
        if (account === undefined || !unlinkDevice(this.#world, account, connection.device)) link.end(DEVICE_REMOVED);
        return;
      }
      case 'error':
        link.end(fault.conflict === undefined ? streamError(fault.code) : conflict(fault.conflict, fault.code));
        return;
      case 'silent':
        this.#silence(connection, fault.ms);
        return;
      default:
        this.strikeAtDoor(fault, link);
    }
  }

  #silence(connection: Connection, ms: number | undefined): void {
    connection.mail = 'silent';
    if (ms === undefined) return;
    setTimeout(() => {
      if (connection.link.isOpen) resumeMail(this.#world, connection);
    }, ms).unref();
  }
}

function hang(link: Link, ms: number | undefined): void {
  link.hang();
  if (ms !== undefined) setTimeout(() => link.recover(), ms).unref();
}

function phaseOf(fault: FaultKind): Phase | undefined {
  if (fault.kind === 'error') return fault.phase;
  // Only a companion can be silent to, be replaced or lose its account.
  return fault.kind === 'silent' || fault.kind === 'replaced' || fault.kind === 'logout' ? 'paired' : undefined;
}

function concerns(target: FaultTarget, who: { phone: string; device: number }): boolean {
  if (target.phone !== undefined && target.phone !== who.phone) return false;
  return target.device === undefined || target.device === who.device;
}
