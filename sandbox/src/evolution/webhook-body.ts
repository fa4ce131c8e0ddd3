import { failure, missing } from './failures.ts';
import type { Generation } from './protocol.ts';
import { EVENTS, type Webhook } from './webhook.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What `create` says of a webhook: the address and all beside it flat in 1.8, in an object of its own in 2. null: nothing. */
export function webhookFrom(generation: Generation, body: Fields, before: Webhook | null): Webhook | null {
  if (generation === 'v1') {
    return typeof body['webhook'] === 'string' && body['webhook'] !== ''
      ? flat({ ...body, url: body['webhook'], enabled: true })
      : null;
  }
  const given = body['webhook'];
  return typeof given === 'object' && given !== null ? nested(given as Fields, before) : null;
}

/** What `webhook/set` says. */
export function webhookSet(generation: Generation, body: Fields, before: Webhook | null): Webhook {
  if (generation === 'v1') {
    if (typeof body['url'] !== 'string') throw missing('url');
    return flat(body);
  }
  const given = body['webhook'];
  if (typeof given !== 'object' || given === null) throw missing('webhook');
  return nested(given as Fields, before);
}

function flat(body: Fields): Webhook {
  return {
    url: String(body['url']),
    enabled: body['enabled'] !== false,
    headers: {},
    byEvents: body['webhook_by_events'] === true,
    base64: body['webhook_base64'] === true,
    events: eventsOf(body['events'] ?? [], 'events'),
  };
}

function nested(body: Fields, before: Webhook | null): Webhook {
  const enabled = body['enabled'] === true;
  if (enabled && body['events'] === undefined) {
    throw failure(500, "Cannot read properties of undefined (reading 'length')");
  }
  return {
    url: String(body['url']),
    enabled,
    headers: (body['headers'] as Record<string, string> | undefined) ?? before?.headers ?? {},
    byEvents: body['byEvents'] === true,
    base64: body['base64'] === true,
    // Who switches it off loses the list.
    events: enabled ? eventsOf(body['events'], 'webhook.events') : [],
  };
}

function eventsOf(given: unknown, where: string): readonly string[] {
  const events = Array.isArray(given) ? given.map(String) : [];
  const foreign = events.findIndex((event) => !EVENTS.includes(event));
  if (foreign >= 0) throw failure(400, [[`${where}[${foreign}] is not one of enum values: ${EVENTS.join(',')}`]]);
  return events.length === 0 ? EVENTS : events;
}
