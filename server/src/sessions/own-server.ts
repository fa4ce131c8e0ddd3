/** The server that a session brings for its engine: what is kept of it, and how it reaches the engine. */
import type { SessionId } from '@zapfleet/contract';
import { EgressFailure } from '../domain/egress-failure.ts';
import { invalidField } from '../domain/gateway-error.ts';
import type { SessionRecord } from '../domain/session.ts';
import type { RemoteServer } from '../ports/engine.ts';
import type { Change, Store } from '../ports/store.ts';

/** Rejects with `EgressFailure` where an address may not be called. */
export type CheckAddress = (url: string) => Promise<void>;

/** Throws `validation_failed` for an address that may not be reached from here. */
export async function keepServer(
  { url: written, apiKey }: RemoteServer,
  check: CheckAddress,
): Promise<(id: SessionId) => Change> {
  const url = written.replace(/\/+$/, '');
  try {
    await check(url);
  } catch (error) {
    // A name that nobody knows today may be known tomorrow.
    const isFinal = error instanceof EgressFailure && ['address_refused', 'address_invalid'].includes(error.code);
    if (isFinal) throw invalidField('engineOptions.url', error.message);
  }
  const value = JSON.stringify({ url, apiKey });
  return (id) => [{ kind: 'session.secret', id, name: 'server', value }];
}

/** null: it brings none. Rejects where it cannot be read. */
export async function ownServer(
  store: Store,
  { id, settings }: Pick<SessionRecord, 'id' | 'settings'>,
): Promise<RemoteServer | null> {
  if (settings.ownServer !== true) return null;
  const stored = await store.sessions.secret(id, 'server');
  if (stored === null) throw new Error('the server of this session is not stored as it should be');
  return JSON.parse(stored) as RemoteServer;
}
