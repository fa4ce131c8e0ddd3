import { operations, type PairingPage } from '@zapfleet/contract';
import { digestOf, makeSecret } from '../../accounts/secret.ts';
import { GatewayError } from '../../domain/gateway-error.ts';
import { isoTime } from '../../domain/resources.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import type { Fleet, LiveQr } from '../../sessions/fleet-api.ts';
import { goneSignal } from '../gone.ts';
import { oneTimeAddress } from '../one-time-address.ts';
import { qrDataUrl } from '../qr-picture.ts';
import { answer, route, type Router } from '../route.ts';
import { findSession } from '../session-access.ts';

type Parts = {
  store: Store;
  fleet: Fleet;
  clock: Clock;
  closing: AbortSignal;
  config: { readonly publicUrl: string | null };
};

const done = { ok: true } as const;

/** The link is spent in the commit in which a phone is linked, whoever shows it when. */
export function pairingLinkRoutes(router: Router, { store, fleet, clock, closing, config }: Parts): void {
  route(router, operations.createPairingLink, async ({ params, query, body, caller, request }) => {
    const { id, tenantId, linked } = await findSession(store, caller, params.id, query.tenantId);
    if (linked) throw new GatewayError('session_linked');
    const token = makeSecret();
    const expiresAt = clock.now() + body.expiresInSeconds * 1000;
    const purpose = { kind: 'pairing', sessionId: id, spent: false } as const;
    const record = { tokenHash: digestOf(token), tenantId, subject: id, purpose, expiresAt };
    await store.commit([{ kind: 'link.put', record }]);
    return answer(201, oneTimeAddress(config.publicUrl, request, 'pairing', token, expiresAt));
  });

  route(router, operations.revokePairingLink, async ({ params, query, caller }) => {
    const { id } = await findSession(store, caller, params.id, query.tenantId);
    await store.commit([{ kind: 'link.drop', purpose: 'pairing', subject: id }]);
    return answer(200, done);
  });

  route(router, operations.openPairingLink, async ({ body, reply }) => {
    const { session, spent, expiresAt } = await opened(body.token);
    if (spent) return answer(200, page(session, null, true, expiresAt));
    if (body.show && !runs(session)) await fleet.start(session.id);
    const code = await fleet.waitForQr(session.id, body.wait * 1000, goneSignal(reply, closing));
    // A scan may have spent the link meanwhile.
    const now = await opened(body.token);
    return answer(200, page(now.session, now.spent ? null : code, now.spent, expiresAt));
  });

  async function opened(token: string): Promise<{ session: SessionRecord; spent: boolean; expiresAt: number }> {
    const link = await store.accounts.link(digestOf(token), clock.now());
    if (link?.purpose.kind !== 'pairing') throw new GatewayError('link_invalid');
    const { sessionId, spent } = link.purpose;
    const session = await store.sessions.get(sessionId);
    // One that was linked in another way needs nobody to link it.
    if (!session || (session.linked && !spent)) throw new GatewayError('link_invalid');
    return { session, spent, expiresAt: link.expiresAt };
  }
}

const runs = ({ state }: SessionRecord): boolean =>
  state.name === 'connecting' || state.name === 'linking' || state.name === 'connected' || state.name === 'waiting';

function page(session: SessionRecord, code: LiveQr | null, linked: boolean, expiresAt: number): PairingPage {
  const { name, settings, state } = session;
  return {
    name: settings.label ?? name,
    linked,
    state: state.name,
    cause: 'cause' in state ? (state.cause?.code ?? null) : null,
    qr: code && { qr: code.qr, png: qrDataUrl(code.qr), attempt: code.attempt, expiresAt: isoTime(code.expiresAt) },
    expiresAt: isoTime(expiresAt),
  };
}
