/** Whom a message goes to, by what the session knows and by what WhatsApp says. */
import { GatewayError, invalidField } from '../domain/gateway-error.ts';
import { identityOf, type KnownIdentity, type Lid, type PhoneNumber } from '../domain/identity.ts';
import { numberVariants } from '../domain/number-variants.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { Clock } from '../ports/clock.ts';
import type { EngineRun } from '../ports/engine.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { knownIdentity } from './known-identity.ts';
import { learn } from './learning.ts';
import type { Destination } from './outgoing-message.ts';
import { parseRecipient } from './recipient.ts';

export type Recipients = {
  /** Asks WhatsApp through `run` where nothing is known. Throws `validation_failed`, `recipient_not_on_whatsapp`. */
  find(session: SessionRecord, written: string, run: EngineRun | null): Promise<Destination>;
  /** Everything that is known of somebody, whom WhatsApp is asked about where that is not enough; null: he is not on WhatsApp. */
  reach(session: SessionRecord, identity: KnownIdentity, run: EngineRun): Promise<KnownIdentity | null>;
};

type Parts = { store: Store; clock: Clock; log: Log };

export function createRecipients({ store, clock, log }: Parts): Recipients {
  const known = (session: SessionRecord, identity: KnownIdentity) => knownIdentity(store, session.id, identity);

  /** null: WhatsApp did not answer; the send itself will show. */
  async function ask(
    run: EngineRun,
    session: SessionRecord,
    phoneNumber: PhoneNumber,
  ): Promise<KnownIdentity | 'absent' | null> {
    try {
      for (const variant of numberVariants(phoneNumber)) {
        const { exists, jid, lid } = await run.lookUp(variant);
        if (!exists) continue;
        const found = (jid === null ? null : identityOf(jid).phoneNumber) ?? variant;
        const identity: KnownIdentity = { phoneNumber: found, lid: lid as Lid | null };
        await store.commit([learn(session, identity, null, clock.now())]);
        return identity;
      }
      return 'absent';
    } catch (error) {
      log.warn({ sessionId: session.id, reason: String(error) }, 'WhatsApp did not say whether a number exists');
      return null;
    }
  }

  return {
    async find(session, written, run) {
      const parsed = parseRecipient(written);
      if (parsed.kind === 'unknown') throw invalidField('to', parsed.reason);
      if (parsed.kind === 'group') return parsed;
      const identity = await known(session, parsed.identity);
      const { phoneNumber } = identity;
      if (!phoneNumber || identity.lid || !run) return { kind: 'person', identity };
      const found = await ask(run, session, phoneNumber);
      if (found === 'absent') throw new GatewayError('recipient_not_on_whatsapp', undefined, { phoneNumber });
      return { kind: 'person', identity: found ?? identity };
    },
    async reach(session, identity, run) {
      const all = identity.phoneNumber && identity.lid ? identity : await known(session, identity);
      if (all.lid || !all.phoneNumber) return all;
      const found = await ask(run, session, all.phoneNumber);
      return found === 'absent' ? null : (found ?? all);
    },
  };
}
