/** Calls, as far as they can be told without taking part: that it rings, and what became of it. */
import type { BinaryNode } from 'baileys';
import type { EngineCall } from '../../ports/engine.ts';
import { bothOf, plainJid } from './envelope.ts';
import { ExpiringMap } from './expiring-map.ts';
import { completed } from './people.ts';
import type { RunContext } from './run-context.ts';

const LONGEST_MS = 12 * 3_600_000;

/** What is known of a call since it rang: its end does not repeat it. */
type Begun = { names: readonly string[]; groupJid: string | null; video: boolean; accepted: boolean };

export class Calls {
  readonly #context: RunContext;
  readonly #begun = new ExpiringMap(LONGEST_MS);

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** A `call` stanza. */
  heard({ attrs, content }: BinaryNode): void {
    const [said] = Array.isArray(content) ? content : [];
    const id = said?.attrs['call-id'];
    if (!said || !id) return;
    const before = this.#begun.get<Begun>(id);
    const status = statusOf(said, before?.accepted === true);
    if (!status) return;
    const call = before ?? begunBy(attrs, said);
    if (status === 'ringing' || status === 'accepted') {
      this.#begun.set(id, { ...call, accepted: status === 'accepted' });
    } else {
      this.#begun.del(id);
    }
    const { reporter, gate, keys } = this.#context;
    const { names, groupJid, video } = call;
    const told = reporter.tellWhenMade(async () => ({
      type: 'call',
      call: {
        id,
        from: await completed(bothOf(names[0], names.slice(1)), keys),
        groupJid,
        video,
        status,
        at: Number(attrs.t ?? 0) * 1000,
      },
    }));
    gate.follow(told);
  }
}

/** Null where it changes nothing that we tell of. */
function statusOf({ tag, attrs: { reason } }: BinaryNode, wasAccepted: boolean): EngineCall['status'] | null {
  switch (tag) {
    case 'offer':
    case 'offer_notice':
      return 'ringing';
    case 'accept':
      return 'accepted';
    case 'reject':
      return 'rejected';
    case 'terminate':
      if (reason === 'accepted_elsewhere') return 'accepted';
      if (reason === 'rejected_elsewhere') return 'rejected';
      return wasAccepted ? 'ended' : 'missed';
    default:
      return null;
  }
}

function begunBy({ from }: BinaryNode['attrs'], { attrs, content }: BinaryNode): Begun {
  const caller = attrs['call-creator'] ?? attrs.from ?? from;
  const children = Array.isArray(content) ? content : [];
  return {
    names: [caller, attrs.caller_pn, attrs.caller_lid].flatMap((name) => (name ? [plainJid(name)] : [])),
    groupJid: attrs['group-jid'] ?? null,
    video: children.some(({ tag }) => tag === 'video') || attrs.media === 'video',
    accepted: false,
  };
}
