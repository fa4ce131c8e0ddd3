/** What a run hears below Baileys' own handling, and before it: everything that is about others and not about the connection itself. */
import type { BinaryNode } from 'baileys';
import { isRestriction } from './acknowledgements.ts';
import type { Calls } from './calls.ts';
import type { Groups } from './groups/groups.ts';
import type { Inbound } from './inbound.ts';
import type { MediaClient } from './media/media-client.ts';
import { completed } from './people.ts';
import type { Presence } from './presence.ts';
import { readReceipt } from './receipt.ts';
import type { Restrictions } from './restrictions.ts';
import type { RunContext } from './run-context.ts';
import type { Sending } from './sending.ts';
import type { SessionRenewal } from './session-renewal.ts';

export type HearingParts = {
  inbound: Inbound;
  sending: Sending;
  renewal: SessionRenewal;
  groups: Groups;
  presence: Presence;
  calls: Calls;
  media: MediaClient;
  restrictions: Restrictions;
};

export class Hearing {
  readonly #context: RunContext;
  readonly #parts: HearingParts;

  constructor(context: RunContext, parts: HearingParts) {
    this.#context = context;
    this.#parts = parts;
  }

  heard(stanza: BinaryNode): void {
    const { inbound, presence, calls } = this.#parts;
    switch (stanza.tag) {
      case 'message':
        inbound.arrived(stanza);
        return;
      case 'ack':
        if (stanza.attrs.class === 'message') this.#acknowledged(stanza);
        return;
      case 'receipt':
        this.#receipt(stanza);
        return;
      case 'notification':
        this.#notification(stanza);
        return;
      case 'call':
        calls.heard(stanza);
        return;
      case 'presence':
      case 'chatstate':
        presence.heard(stanza);
        return;
      case 'ib':
        if (isDirtyGroups(stanza)) this.#parts.groups.clear();
    }
  }

  #acknowledged(stanza: BinaryNode): void {
    const { sending, restrictions } = this.#parts;
    sending.acknowledgements.arrived(stanza, Date.now());
    if (isRestriction(stanza)) restrictions.ask();
  }

  /** The acknowledgement of a receipt waits until the receipt is stored: WhatsApp does not tell of it twice. */
  #receipt(stanza: BinaryNode): void {
    const { from, participant, type } = stanza.attrs;
    const who = participant ?? from;
    if (type === 'retry' && who) this.#parts.renewal.askedBy(who);
    const { me, gate, reporter, keys } = this.#context;
    const account = me();
    const receipt = account && readReceipt(stanza, account);
    if (!receipt) return;
    gate.follow(
      reporter.tellWhenMade(async () => ({
        type: 'receipt',
        receipt: { ...receipt, by: receipt.by && (await completed(receipt.by, keys)) },
      })),
    );
  }

  #notification(stanza: BinaryNode): void {
    const { groups, media } = this.#parts;
    const { type } = stanza.attrs;
    if (type === 'w:gp2') groups.heard(stanza);
    else if (type === 'mediaretry') media.heard(stanza);
  }
}

function isDirtyGroups({ content }: BinaryNode): boolean {
  return Array.isArray(content) && content.some(({ tag, attrs }) => tag === 'dirty' && attrs.type === 'groups');
}
