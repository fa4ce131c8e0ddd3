/** Who somebody is: the page names people by number or by LID, and knows which belong together. */
import { LRUCache } from 'lru-cache';
import { identityOf, type KnownIdentity } from '../../domain/identity.ts';
import type { Client, Wid } from './library.ts';
import { withinLimit } from '../within-limit.ts';

const LIMIT_MS = 5_000;
const KEPT = 5_000;

/** As the page spells a JID or LID. */
export function widOf(jid: string): string {
  return jid.replace(/(?::\d+)?@s\.whatsapp\.net$/, '@c.us');
}

export function jidOfWid(wid: string | Wid): string {
  return (typeof wid === 'string' ? wid : wid._serialized).replace(/@c\.us$/, '@s.whatsapp.net');
}

export class People {
  readonly #client: Pick<Client, 'getContactLidAndPhone'>;
  readonly #known = new LRUCache<string, KnownIdentity>({ max: KEPT });

  constructor(client: Pick<Client, 'getContactLidAndPhone'>) {
    this.#client = client;
  }

  /** What is known of somebody; at the least what `wid` says. Never rejects. */
  async identify(wid: string | Wid): Promise<KnownIdentity> {
    const jid = jidOfWid(wid);
    const known = this.#known.get(jid);
    if (known) return known;
    const own = identityOf(jid);
    if (own.phoneNumber === null && own.lid === null) return own;
    try {
      const [found] = await withinLimit(this.#client.getContactLidAndPhone([widOf(jid)]), LIMIT_MS);
      const identity: KnownIdentity = {
        phoneNumber: own.phoneNumber ?? identityOf(found?.pn ?? '').phoneNumber,
        lid: own.lid ?? identityOf(found?.lid ?? '').lid,
      };
      if (identity.phoneNumber !== null && identity.lid !== null) this.#known.set(jid, identity);
      return identity;
    } catch {
      return own;
    }
  }
}
