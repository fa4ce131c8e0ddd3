import { operations } from '@zapfleet/contract';
import type { Outbox } from '../../messages/outbox-api.ts';
import { answer, route, type Router } from '../route.ts';
import { answerQr, type LinkingParts } from '../routes/qr.ts';
import { send } from '../sending.ts';
import { findSession, tenantFor } from '../session-access.ts';
import { shortSession } from './status-word.ts';
import { textRequest } from './text-request.ts';

/** `/whatsapp…`: create without starting, activate, QR code, send. */
export function whatsappRoutes(router: Router, parts: LinkingParts & { outbox: Outbox }): void {
  const { store, fleet, outbox } = parts;
  const { defaults } = fleet;

  route(router, operations.createWhatsapp, async ({ body, caller }) => {
    const { sessionId: name, phoneNumber, network = defaults.network } = body;
    const record = await fleet.create({
      ...{ name, network, engine: defaults.engine, timeZone: defaults.timeZone, start: false },
      tenantId: await tenantFor(store, caller, undefined),
      settings: {
        label: null,
        ignore: {},
        metadata: phoneNumber === undefined ? {} : { phoneNumber },
        autoCleanupOnLogout: null,
      },
    });
    return answer(201, shortSession(record), { location: `/sessions/${record.id}` });
  });

  route(router, operations.activateWhatsapp, async ({ params, query, caller }) => {
    const { id } = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, shortSession(await fleet.start(id)));
  });

  route(router, operations.getWhatsappQr, (call) => answerQr(parts, call));

  route(router, operations.sendWhatsappMessage, async (call) => {
    const session = await findSession(store, call.caller, call.params.id, call.query.tenantId);
    return send(outbox, session, textRequest(call.body.to, call.body.message, call));
  });
}
