/** Whom somebody means by a phone number, a JID or a LID, by what the session knows and by what WhatsApp says. */
import type { NumberOnWhatsApp } from '@zapfleet/contract';
import { invalidField } from '../domain/gateway-error.ts';
import {
  identityBlock,
  identityOf,
  type KnownIdentity,
  type Lid,
  parsePhoneNumber,
  type PhoneNumber,
} from '../domain/identity.ts';
import { numberVariants } from '../domain/number-variants.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import { knownIdentity } from './known-identity.ts';
import { learn } from './learning.ts';
import type { LiveRuns } from './live-runs.ts';

export type People = {
  /** Asks WhatsApp, in every writing that the number may have there. What it says is remembered. */
  lookUp(session: SessionRecord, phoneNumber: PhoneNumber): Promise<NumberOnWhatsApp>;
  /** What a chat is called where WhatsApp is asked about it: a LID, a JID, the id of a group. Throws `validation_failed`. */
  chatAddress(session: SessionRecord, written: string): Promise<string>;
  /** Somebody by what is known of him. Throws `validation_failed`, which names `field`. */
  known(session: SessionRecord, written: string, field: string): Promise<KnownIdentity>;
};

const lookingUp = { needs: 'number_lookup', change: false } as const;

export function createPeople({ store, clock, live }: { store: Store; clock: Clock; live: LiveRuns }): People {
  async function lookUp(session: SessionRecord, phoneNumber: PhoneNumber): Promise<NumberOnWhatsApp> {
    for (const variant of numberVariants(phoneNumber)) {
      const { exists, jid, lid } = await live.ask(session, lookingUp, (run) => run.lookUp(variant));
      if (!exists) continue;
      const identity: KnownIdentity = {
        phoneNumber: (jid === null ? null : identityOf(jid).phoneNumber) ?? variant,
        lid: lid as Lid | null,
      };
      await store.commit([learn(session, identity, null, clock.now())]);
      const known = await store.contacts.resolve(session.id, identity);
      return { phoneNumber: identity.phoneNumber ?? variant, exists, jid: identityBlock(identity).jid, lid: known.lid };
    }
    return { phoneNumber, exists: false, jid: null, lid: null };
  }

  async function known(session: SessionRecord, written: string, field: string): Promise<KnownIdentity> {
    const text = written.trim();
    const phoneNumber = text.includes('@') ? null : parsePhoneNumber(text);
    const identity = phoneNumber ? { phoneNumber, lid: null } : identityOf(text);
    if (identity.phoneNumber === null && identity.lid === null) {
      throw invalidField(field, `"${written}" is neither a phone number nor a JID or LID of a person`);
    }
    return knownIdentity(store, session.id, identity);
  }

  return {
    lookUp,
    known,
    async chatAddress(session, written) {
      const text = written.trim();
      if (/^[\d-]+@g\.us$/.test(text)) return text;
      const identity = await known(session, text, 'chatId');
      return identity.lid ?? identityBlock(identity).jid;
    },
  };
}
