import { randomUUID } from 'node:crypto';

export type FaultKind =
  | { readonly kind: 'drop' | '515' | '503' | 'replaced' | 'banned' | 'outdated' | 'logout' }
  /** Until `ms` are over, or for good. */
  | { readonly kind: 'hang' | 'silent'; readonly ms?: number | undefined }
  /** From now on everything the network says on this connection comes `ms` later; 0 ends it. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** A message is not delivered, and its acknowledgement carries `code`. `cold`: only where the recipient never wrote. */
  | { readonly kind: 'ack_error'; readonly code: number; readonly to: 'all' | 'cold' }
  | MessageFault
  | MediaFault
  | ErrorFault;

/** `received`: on the way to a companion; `sent`: on the way from it to others. */
export type Way = 'received' | 'sent';

/** What befalls messages on their way. The target is the companion, at whichever end of the way it is. */
export type MessageFault =
  /** Nobody can read it: a bit of it was flipped. */
  | { readonly kind: 'corrupt'; readonly way: Way }
  /** A session is opened with a one-time key that the receiver has no more. */
  | { readonly kind: 'stale_prekey'; readonly way: Way }
  /** A companion is told only that there is a message; `type` says why, empty for no reason at all. */
  | { readonly kind: 'unavailable'; readonly type: string }
  /** A companion gets a stanza twice, the second time at once or when it comes back. */
  | {
      readonly kind: 'duplicate';
      readonly stanza: 'message' | 'receipt' | 'notification' | 'call';
      readonly when: 'at_once' | 'after_reconnect';
    };

/** What befalls files. The target is who uploaded the file; of `media_lost`, whose phone is asked for it once more. */
export type MediaFault =
  /** A file that is fetched is there no more, from then on: 404 or 410. */
  | { readonly kind: 'media_gone'; readonly code: number }
  /** The content of a file that is fetched comes `ms` later. */
  | { readonly kind: 'media_slow'; readonly ms: number }
  /** A download ends in the middle; the phone no longer has a file that it is asked for. */
  | { readonly kind: 'media_cut' | 'media_lost' }
  /** An upload is answered with `code`. */
  | { readonly kind: 'media_refused'; readonly code: number };

/** Any other ending. `at`: as the refusal of a login, or as the error of a stream; without it, as this code comes in the real network. */
export type ErrorFault = {
  readonly kind: 'error';
  readonly code: number;
  readonly conflict?: string | undefined;
  readonly at?: 'login' | 'stream' | undefined;
  /** For 402: how long the ban lasts. */
  readonly ms?: number | undefined;
};

export type Phase = 'pairing' | 'paired';

/** Without a phone it is for everybody, without a device for all of the phone, without a phase for both. */
export type FaultTarget = {
  readonly phone: string | undefined;
  readonly device: number | undefined;
  readonly phase: Phase | undefined;
};

/** Who may be struck. One that pairs has no phone yet. */
export type Struck = { readonly phone: string; readonly device: number } | undefined;

export type Fault = FaultTarget & {
  readonly id: string;
  readonly fault: FaultKind;
  /** How many times it will still strike. */
  readonly left: number;
};

/** Faults of messages and files, which strike nobody's connection. */
type TrafficFault = Extract<FaultKind, { kind: 'ack_error' }> | MessageFault | MediaFault;

const OF_TRAFFIC: ReadonlySet<FaultKind['kind']> = new Set<TrafficFault['kind']>([
  'ack_error',
  'corrupt',
  'stale_prekey',
  'unavailable',
  'duplicate',
  'media_gone',
  'media_slow',
  'media_cut',
  'media_lost',
  'media_refused',
]);

export function isOfTraffic(fault: FaultKind): fault is TrafficFault {
  return OF_TRAFFIC.has(fault.kind);
}

/** Faults that wait for whom they are meant to strike. Nothing of them outlives the process. */
export class FaultOrders {
  readonly #waiting = new Map<string, Fault>();

  /** `left` 0 is over already, and is not kept. */
  add(fault: FaultKind, target: FaultTarget, left: number): Fault {
    const ordered: Fault = { ...target, id: randomUUID(), fault, left };
    if (left > 0) this.#waiting.set(ordered.id, ordered);
    return ordered;
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
  takeAtDoor(phase: Phase, who: Struck): FaultKind | undefined {
    return this.#take((waiting) => !isOfTraffic(waiting.fault) && concerns(waiting, phase, who));
  }

  /** A companion sends a message. With which code it is refused, if at all; that is used up by this. */
  takeRefusal(who: Struck, isCold: () => boolean): number | undefined {
    const taken = this.#take((waiting) => {
      if (waiting.fault.kind !== 'ack_error' || !concerns(waiting, 'paired', who)) return false;
      return waiting.fault.to === 'all' || isCold();
    });
    return taken?.kind === 'ack_error' ? taken.code : undefined;
  }

  /** Something is on its way to a companion, or from it. What befalls it, if anything, is used up by this. */
  takeOnTheWay<Kind extends MessageFault['kind']>(
    kind: Kind,
    who: Struck,
    fits: (fault: Extract<MessageFault, { kind: Kind }>) => boolean,
  ): Extract<MessageFault, { kind: Kind }> | undefined {
    if (this.#waiting.size === 0) return undefined;
    let found: Extract<MessageFault, { kind: Kind }> | undefined;
    this.#take(({ fault, ...target }) => {
      if (!isOf(fault, kind) || !concerns(target, 'paired', who) || !fits(fault)) return false;
      found = fault;
      return true;
    });
    return found;
  }

  /** A file is uploaded, fetched or asked for. What befalls it, if anything, is used up by this. */
  takeMedia(kind: MediaFault['kind'], who: Struck): FaultKind | undefined {
    return this.#take((waiting) => waiting.fault.kind === kind && concerns(waiting, 'paired', who));
  }

  #take(matches: (waiting: Fault) => boolean): FaultKind | undefined {
    for (const waiting of this.#waiting.values()) {
      if (!matches(waiting)) continue;
      if (waiting.left > 1) this.#waiting.set(waiting.id, { ...waiting, left: waiting.left - 1 });
      else this.#waiting.delete(waiting.id);
      return waiting.fault;
    }
    return undefined;
  }
}

function isOf<Kind extends MessageFault['kind']>(
  fault: FaultKind,
  kind: Kind,
): fault is Extract<MessageFault, { kind: Kind }> {
  return fault.kind === kind;
}

export function concerns(target: FaultTarget, phase: Phase, who: Struck): boolean {
  if (target.phase !== undefined && target.phase !== phase) return false;
  if (target.phone !== undefined && target.phone !== who?.phone) return false;
  return target.device === undefined || target.device === who?.device;
}
