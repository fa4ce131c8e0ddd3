import type { Link } from '../wire/link.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { Connection } from './connections.ts';
import { resumeMail } from './delivery.ts';
import {
  type ErrorFault,
  type Fault,
  type FaultKind,
  type FaultTarget,
  concerns,
  isOfTraffic,
} from './fault-orders.ts';
import { acceptStanza } from './companion-stanzas.ts';
import { unlinkDevice } from './linked-devices.ts';
import { DEVICE_REMOVED, REPLACED, conflict, loginFailure, streamError } from './stream-errors.ts';
import type { World } from './world.ts';

const TEMPORARY_BAN = 402;
const BAN_MS = 3_600_000;
/** What the network says of a stream and never of a login. */
const ONLY_IN_STREAM: ReadonlySet<number> = new Set([408, 428, 440, 515, 516]);

/**
 * Misfortunes on demand. One that is ordered strikes the connections that are there, each once and `times` at most;
 * what is left of `times` waits for those that come. Without `times` it strikes all that are there, or else the next one.
 * One of a login cuts the connections that are there and strikes them when they come back; one of messages or files waits for them.
 */
export class Faults {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  order(fault: FaultKind, target: FaultTarget, times: number | undefined): Fault & { struck: number } {
    const { faults } = this.#world;
    if (isOfTraffic(fault)) return { ...faults.add(fault, target, times ?? 1), struck: 0 };
    const whole: FaultTarget = { ...target, phase: target.phase ?? phaseOf(fault) };
    const atLogin = fault.kind === 'error' && (fault.at === 'login' || (isBan(fault) && fault.at === undefined));
    const there = this.#there(whole);
    const struck = times === undefined ? there : there.slice(0, times);
    const left = atLogin
      ? (times ?? Math.max(1, struck.length))
      : times === undefined
        ? Number(struck.length === 0)
        : times - struck.length;
    const ordered = faults.add(fault, whole, left);
    for (const one of struck) {
      if (atLogin) one.link.cut();
      else this.#strikeLive(fault, one);
    }
    return { ...ordered, struck: struck.length };
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
        link.end(atDoor(fault));
        return true;
      case 'hang':
        hang(link, fault.ms);
        return false;
      case 'slow':
        link.delay(fault.ms);
        return false;
      default:
        return false;
    }
  }

  /** What a fault that let a companion in does to it afterwards. */
  strikeInside(fault: FaultKind, connection: Connection): void {
    if (fault.kind === 'silent') this.#silence(connection, fault.ms);
  }

  /** The links of companions, and of clients that wait to be linked, in the order they came. */
  #there(target: FaultTarget): { link: Link; connection: Connection | undefined }[] {
    const companions = Array.from(this.#world.connections, (connection) => ({ link: connection.link, connection }));
    const candidates = Array.from(this.#world.candidates, ({ link }) => ({ link, connection: undefined }));
    return [
      ...companions.filter(({ connection }) => concerns(target, 'paired', connection)),
      ...candidates.filter(() => concerns(target, 'pairing', undefined)),
    ];
  }

  #strikeLive(fault: FaultKind, { link, connection }: { link: Link; connection: Connection | undefined }): void {
    switch (fault.kind) {
      case 'banned':
        link.end(streamError(403));
        return;
      case 'outdated':
        link.end(streamError(405));
        return;
      case 'logout': {
        const account = connection && this.#world.accounts.byPhone(connection.phone);
        if (!connection || !account || !unlinkDevice(this.#world, account, connection.device)) link.end(DEVICE_REMOVED);
        return;
      }
      case 'error':
        link.end(inStream(fault));
        return;
      case 'silent':
        if (connection) this.#silence(connection, fault.ms);
        return;
      default:
        this.strikeAtDoor(fault, link);
    }
  }

  #silence(connection: Connection, ms: number | undefined): void {
    connection.unheard ??= [];
    if (ms !== undefined) setTimeout(() => endSilence(this.#world, connection), ms).unref();
  }
}

/** What was kept back on both sides goes on its way, in order. */
function endSilence(world: World, connection: Connection): void {
  const unheard = connection.unheard ?? [];
  connection.unheard = undefined;
  if (!connection.link.isOpen) return;
  resumeMail(world, connection);
  for (const stanza of unheard) acceptStanza(world, connection, stanza);
}

function hang(link: Link, ms: number | undefined): void {
  link.hang();
  if (ms !== undefined) setTimeout(() => link.recover(), ms).unref();
}

function isBan({ code }: ErrorFault): boolean {
  return code === TEMPORARY_BAN;
}

function atDoor(fault: ErrorFault): Stanza {
  const { code, at } = fault;
  const refused = at === undefined ? fault.conflict === undefined && !ONLY_IN_STREAM.has(code) : at === 'login';
  if (!refused) return inStream(fault);
  const expiry = isBan(fault) ? { code: 101, expire: Math.ceil((fault.ms ?? BAN_MS) / 1000) } : {};
  return loginFailure(code, expiry);
}

function inStream(fault: ErrorFault): Stanza {
  return fault.conflict === undefined ? streamError(fault.code) : conflict(fault.conflict, fault.code);
}

/** Only a companion can be silent to, be replaced or lose its account. */
function phaseOf({ kind }: FaultKind): 'paired' | undefined {
  return kind === 'silent' || kind === 'replaced' || kind === 'logout' || kind === 'error' ? 'paired' : undefined;
}
