/** The proxy of a session: what is kept of it, and how it reaches an engine. */
import type { SessionId } from '@zapfleet/contract';
import { EgressFailure } from '../domain/egress-failure.ts';
import { invalidField } from '../domain/gateway-error.ts';
import { maskedProxy, parseProxy, type Proxy } from '../domain/proxy.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { EngineProxy } from '../ports/engine.ts';
import type { Change, Store } from '../ports/store.ts';

/** Where a host may be reached; fails with `EgressFailure`. Tenants name proxies, and not everything is theirs to reach. */
export type ProxyAddresses = (host: string) => Promise<readonly string[]>;

/** What is shown of it, and what is written with the session. */
export type KeptProxy = { shown: { proxy?: string }; change(id: SessionId): Change };

/** `written` null: none. Throws `validation_failed` where it is no proxy, or one that may not be reached. */
export async function keepProxy(written: string | null, addressesOf: ProxyAddresses): Promise<KeptProxy> {
  const change = (id: SessionId): Change => [{ kind: 'session.secret', id, name: 'proxy', value: written }];
  if (written === null) return { shown: {}, change };
  const proxy = parseProxy(written);
  if (!proxy) throw invalidField('proxy', 'must be an address such as socks5://user:password@host:1080');
  await requireReachable(proxy, addressesOf);
  return { shown: { proxy: maskedProxy(proxy) }, change };
}

/** null: the session has none. Rejects where it cannot be read: then there is no connection at all. */
export async function engineProxy(
  store: Store,
  { id, settings }: SessionRecord,
  addressesOf: ProxyAddresses,
): Promise<EngineProxy | null> {
  if (settings.proxy === undefined) return null;
  const proxy = parseProxy((await store.sessions.secret(id, 'proxy')) ?? '');
  if (!proxy) throw new Error('the proxy of this session is not stored as it should be');
  return { ...proxy, addresses: () => addressesOf(proxy.host) };
}

/** A name that nobody knows today may be known tomorrow; what may not be reached is refused at once, and at each connection again. */
async function requireReachable({ host }: Proxy, addressesOf: ProxyAddresses): Promise<void> {
  try {
    await addressesOf(host);
  } catch (error) {
    if (error instanceof EgressFailure && error.code === 'address_refused') throw invalidField('proxy', error.message);
  }
}
