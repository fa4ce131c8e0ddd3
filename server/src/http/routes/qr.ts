import { operations } from '@zapfleet/contract';
import { GatewayError } from '../../domain/gateway-error.ts';
import { isoTime } from '../../domain/resources.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { Store } from '../../ports/store.ts';
import type { Fleet } from '../../sessions/fleet-api.ts';
import { preferredType } from '../accept.ts';
import { goneSignal } from '../gone.ts';
import { qrDataUrl, qrPng, qrSvg } from '../qr-picture.ts';
import { answer, type Answered, type Call, route, type Router, written } from '../route.ts';
import { findSession } from '../session-access.ts';

const forms = ['application/json', 'image/png', 'image/svg+xml', 'text/plain'] as const;

export type LinkingParts = { store: Store; fleet: Fleet; closing: AbortSignal };

/** The two ways to link a session with a phone: the QR code and the pairing code. */
export function linkingRoutes(router: Router, { store, fleet, closing }: LinkingParts): void {
  route(router, operations.getQr, (call) => answerQr({ store, fleet, closing }, call));

  route(router, operations.requestPairingCode, async ({ params, query, body, caller }) => {
    const session = await findSession(store, caller, params.id, query.tenantId);
    const { code, expiresAt } = await fleet.requestPairingCode(session.id, body.phoneNumber);
    return answer(200, { code, expiresAt: isoTime(expiresAt) });
  });
}

/** The code on show in the form that `Accept` names; throws `qr_unavailable`. */
export async function answerQr(
  { store, fleet, closing }: LinkingParts,
  { params, query, caller, request, reply }: Call<typeof operations.getQr>,
): Promise<Answered<typeof operations.getQr>> {
  const session = await findSession(store, caller, params.id, query.tenantId);
  const shown =
    fleet.qr(session.id) ??
    (query.wait > 0 ? await fleet.waitForQr(session.id, query.wait * 1000, goneSignal(reply, closing)) : null);
  if (!shown) throw noQr((await store.sessions.get(session.id)) ?? session);

  const { qr, attempt, expiresAt } = shown;
  const headers = { vary: 'Accept' };
  const type = preferredType(request.headers.accept, forms);
  switch (type) {
    case 'application/json':
      return answer(200, { qr, png: qrDataUrl(qr), attempt, expiresAt: isoTime(expiresAt) }, headers);
    case 'image/png':
      return written(200, type, qrPng(qr), headers);
    case 'image/svg+xml':
      return written(200, type, qrSvg(qr), headers);
    case 'text/plain':
      return written(200, 'text/plain; charset=utf-8', qr, headers);
  }
}

function noQr({ state }: SessionRecord): GatewayError {
  const advice = {
    stopped: 'Start the session to get one.',
    connecting: 'It is connecting: ask again with ?wait=20.',
    linking: 'The next one is on its way: ask again with ?wait=20.',
    connected: 'It is linked and connected.',
    waiting: 'It cannot reach WhatsApp now and tries again by itself.',
    logged_out: 'WhatsApp unlinked it: start it to link it again.',
    failed: 'It failed: its cause says what helps.',
    deleting: 'It is being deleted.',
  }[state.name];
  return new GatewayError('qr_unavailable', `This session shows no QR code. ${advice}`, { state: state.name });
}
