import { type Delivery, operations, type WebhookWithSecret } from '@zapfleet/contract';
import { type DeliveryRecord, deliveryRequest, deliveryResource, seqOfDelivery } from '../../domain/delivery.ts';
import { GatewayError } from '../../domain/gateway-error.ts';
import { type WebhookRecord, webhookResource } from '../../domain/webhook.ts';
import type { Caller } from '../../ports/caller.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import type { Webhooks } from '../../webhooks/webhooks-api.ts';
import { concerns } from '../audit.ts';
import { answer, invalid, route, type Router } from '../route.ts';
import { findSession, mustNameOne, pageWithin, reachesOwner, tenantFor } from '../session-access.ts';

export type WebhookRouteParts = { store: Store; webhooks: Webhooks; clock: Clock };

/** Webhooks, their deliveries, and replaying them. */
export function webhookRoutes(router: Router, { store, webhooks, clock }: WebhookRouteParts): void {
  const resource = (record: WebhookRecord) => webhookResource(record, clock.now());
  /** Whose it is stands in the log of changes. */
  const find = async (id: string, caller: Caller): Promise<WebhookRecord> => {
    const record = await webhooks.find(id, caller.tenantId);
    if (!reachesOwner(caller, record.sessionId)) throw new GatewayError('webhook_not_found');
    concerns(caller, record.tenantId);
    return record;
  };

  route(router, operations.createWebhook, async ({ body, caller }) => {
    const { sessionId, tenantId: named, ...wanted } = body;
    mustNameOne(caller, sessionId);
    const session = sessionId === undefined ? null : await findSession(store, caller, sessionId, named);
    const tenantId = session?.tenantId ?? (await tenantFor(store, caller, named));
    const record = await webhooks.create({ ...wanted, tenantId }, session && session.id);
    return answer(201, withSecret(record, clock.now()), { location: `/webhooks/${record.id}` });
  });

  route(router, operations.listWebhooks, async ({ query, caller }) => {
    const { sessionId, tenantId: named, limit, cursor } = query;
    if (cursor !== undefined && !cursor.startsWith('whk_')) throw noCursor();
    const session = sessionId === undefined ? null : await findSession(store, caller, sessionId, named);
    const filter = {
      tenantId: session?.tenantId ?? (await tenantFor(store, caller, named)),
      ...(session && { sessionId: session.id }),
      ...(cursor !== undefined && { after: cursor }),
      // One more than asked for tells whether there is another page.
      limit: limit + 1,
    };
    const records = await pageWithin(caller, filter, webhooks.list, (webhook) => webhook.sessionId);
    const page = records.slice(0, limit);
    const nextCursor = records.length > limit ? (page.at(-1)?.id ?? null) : null;
    return answer(200, { data: page.map(resource), nextCursor });
  });

  route(router, operations.getWebhook, async ({ params, caller }) => {
    return answer(200, resource(await find(params.id, caller)));
  });

  route(router, operations.patchWebhook, async ({ params, body, caller }) => {
    const { id } = await find(params.id, caller);
    return answer(200, resource(await webhooks.patch(id, caller.tenantId, body)));
  });

  route(router, operations.deleteWebhook, async ({ params, caller }) => {
    const { id } = await find(params.id, caller);
    return answer(200, resource(await webhooks.remove(id, caller.tenantId)));
  });

  route(router, operations.testWebhook, async ({ params, caller }) => {
    const { id } = await find(params.id, caller);
    return answer(200, await webhooks.test(id, caller.tenantId));
  });

  route(router, operations.listDeliveries, async ({ params, query, caller }) => {
    const { status, limit, cursor } = query;
    const { id } = await find(params.id, caller);
    const before = cursor === undefined ? undefined : seqOfDelivery(cursor, id);
    if (before === null) throw noCursor();
    const records = await webhooks.deliveries(id, caller.tenantId, {
      ...(status && { status }),
      ...(before !== undefined && { before }),
      limit: limit + 1,
    });
    const data = records.slice(0, limit).flatMap(shown);
    return answer(200, { data, nextCursor: records.length > limit ? (data.at(-1)?.id ?? null) : null });
  });

  route(router, operations.getDelivery, async ({ params, caller }) => {
    const webhook = await find(params.id, caller);
    const record = await webhooks.delivery(webhook.id, caller.tenantId, params.deliveryId);
    return answer(200, { ...deliveryResource(record), request: deliveryRequest(record, webhook) });
  });

  route(router, operations.replayDelivery, async ({ params, caller }) => {
    const { id } = await find(params.id, caller);
    const record = await webhooks.replay(id, caller.tenantId, params.deliveryId);
    return answer(200, deliveryResource(record));
  });

  route(router, operations.replayWebhook, async ({ params, body, caller }) => {
    const { id } = await find(params.id, caller);
    const range = { from: Date.parse(body.from), to: Date.parse(body.to), onlyDead: body.status === 'dead' };
    return answer(200, { replayed: await webhooks.replayRange(id, caller.tenantId, range) });
  });

  route(router, operations.rotateWebhookSecret, async ({ params, body, caller }) => {
    const { id } = await find(params.id, caller);
    const record = await webhooks.rotateSecret(id, caller.tenantId, body?.secret);
    return answer(200, withSecret(record, clock.now()));
  });

  route(router, operations.pauseWebhook, async ({ params, caller }) => {
    const { id } = await find(params.id, caller);
    return answer(200, resource(await webhooks.pause(id, caller.tenantId)));
  });

  route(router, operations.resumeWebhook, async ({ params, caller }) => {
    const { id } = await find(params.id, caller);
    return answer(200, resource(await webhooks.resume(id, caller.tenantId)));
  });
}

/** For the two answers that show it. */
export function withSecret(record: WebhookRecord, now: number): WebhookWithSecret {
  return { ...webhookResource(record, now), secret: record.secret ?? '' };
}

/** One whose event was just removed is about to go as well. */
function shown(record: DeliveryRecord): Delivery[] {
  return record.json === null ? [] : [deliveryResource(record)];
}

function noCursor() {
  return invalid([{ field: 'cursor', message: 'must be the nextCursor of a page' }]);
}
