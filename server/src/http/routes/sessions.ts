import {
  type Ignore,
  type Limits,
  operations,
  type PatchSession,
  type Session,
  type SetLimits,
} from '@zapfleet/contract';
import { asOf, sessionResource, sessionStatus } from '../../domain/resources.ts';
import { limitsProblem, noLimits } from '../../domain/send-gate.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import type { Fleet, SettingsPatch } from '../../sessions/fleet-api.ts';
import type { Webhooks } from '../../webhooks/webhooks-api.ts';
import { answer, invalid, JSON_TYPE, route, type Router, written } from '../route.ts';
import { findSession, reachable, tenantFor } from '../session-access.ts';
import { sessionJson } from '../session-json.ts';
import { withSecret } from './webhooks.ts';

export type SessionRouteParts = { store: Store; fleet: Fleet; webhooks: Webhooks; clock: Clock };

export function sessionRoutes(router: Router, { store, fleet, webhooks, clock }: SessionRouteParts): void {
  const { defaults } = fleet;
  const resource = (record: SessionRecord): Session =>
    sessionResource(asOf(record, clock.now()), { ignore: defaults.ignore, nodeId: null });
  const json = sessionJson(resource);

  /** What WhatsApp forbids is written by others than those who answer the verbs. */
  const withRestriction = async (record: SessionRecord): Promise<SessionRecord> => ({
    ...record,
    restriction: (await store.sessions.get(record.id))?.restriction ?? null,
  });

  route(router, operations.createSession, async ({ body, caller }) => {
    const tenantId = await tenantFor(store, caller, body.tenantId);
    const session = {
      tenantId,
      // The schema made sure that there is exactly one of the two.
      name: body.name ?? body.sessionId ?? '',
      engine: body.engine ?? defaults.engine,
      network: body.network ?? defaults.network,
      timeZone: body.timeZone ?? defaults.timeZone,
      settings: {
        label: body.label ?? null,
        ignore: withoutGaps(body.ignore ?? {}),
        metadata: body.metadata ?? {},
        autoCleanupOnLogout: body.autoCleanupOnLogout ?? null,
        ...(body.limits && { limits: checked({ ...noLimits, ...withoutUndefined(body.limits) }) }),
        ...(body.commands && { commands: commandSettings({}, body.commands) }),
        ...(body.headless != null && { headless: body.headless }),
      },
      proxy: body.proxy ?? null,
      server: body.engineOptions ?? null,
      start: body.start,
    };
    const wanted = (body.webhooks ?? []).map((webhook) => ({ ...webhook, tenantId }));
    const { created, records } = await webhooks.createWith(wanted, (also) => fleet.create(session, also));
    const secrets = records.map((record) => withSecret(record, clock.now()));
    const made = { ...resource(created), ...(secrets.length > 0 && { webhooks: secrets }) };
    return answer(201, made, { location: `/sessions/${created.id}` });
  });

  route(router, operations.listSessions, async ({ query, caller }) => {
    const { state, engine, q, limit, cursor } = query;
    if (cursor !== undefined && !cursor.startsWith('ses_')) {
      throw invalid([{ field: 'cursor', message: 'must be the nextCursor of a page' }]);
    }
    const records = await reachable(store, caller, {
      tenantId: await tenantFor(store, caller, query.tenantId),
      ...(state && { state }),
      ...(engine && { engine }),
      ...(q && { q }),
      ...(cursor && { after: cursor }),
      // One more than asked for tells whether there is another page.
      limit: limit + 1,
    });
    const page = records.slice(0, limit);
    const nextCursor = records.length > limit ? (page.at(-1)?.id ?? null) : null;
    return written(200, JSON_TYPE, json.page(page, nextCursor));
  });

  route(router, operations.getSession, async ({ params, query, caller }) => {
    const record = await findSession(store, caller, params.id, query.tenantId);
    return written(200, JSON_TYPE, json.one(record));
  });

  route(router, operations.getSessionStatus, async ({ params, query, caller }) => {
    const record = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, sessionStatus(asOf(record, clock.now())));
  });

  route(router, operations.patchSession, async ({ params, query, body, caller }) => {
    const record = await findSession(store, caller, params.id, query.tenantId);
    const changed = await fleet.patch(record.id, settingsPatch(body, record, defaults.timeZone));
    return answer(200, resource(await withRestriction(changed)));
  });

  route(router, operations.startSession, async ({ params, query, caller }) => {
    const { id } = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, resource(await withRestriction(await fleet.start(id))));
  });

  route(router, operations.stopSession, async ({ params, query, caller }) => {
    const { id } = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, resource(await withRestriction(await fleet.stop(id))));
  });

  route(router, operations.restartSession, async ({ params, query, caller }) => {
    const { id } = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, resource(await withRestriction(await fleet.restart(id))));
  });

  route(router, operations.getCapabilities, async ({ params, query, caller }) => {
    const { engine } = await findSession(store, caller, params.id, query.tenantId);
    return answer(200, { engine, capabilities: fleet.capabilities(engine) });
  });
}

/** `null` clears a setting. What `ignore` and `commands` do not name stays as the session has it; `metadata` is replaced as a whole. */
function settingsPatch(body: PatchSession, { settings }: SessionRecord, usualTimeZone: string): SettingsPatch {
  const { label, timeZone, limits, ignore, metadata, autoCleanupOnLogout, commands, headless, proxy } = body;
  return {
    ...(proxy !== undefined && { proxy }),
    ...(label !== undefined && { label }),
    ...(timeZone !== undefined && { timeZone: timeZone ?? usualTimeZone }),
    ...(limits !== undefined && { limits: limitSettings(settings.limits ?? noLimits, limits) }),
    ...(ignore !== undefined && { ignore: ignore === null ? {} : { ...settings.ignore, ...withoutGaps(ignore) } }),
    ...(commands !== undefined && {
      commands: commandSettings(settings.commands ?? {}, commands ?? { enabled: null, prefix: null, groups: null }),
    }),
    ...(metadata !== undefined && { metadata: metadata ?? {} }),
    ...(autoCleanupOnLogout !== undefined && { autoCleanupOnLogout }),
    ...(headless !== undefined && { headless: headless ?? undefined }),
  };
}

function withoutGaps(ignore: { [K in keyof Ignore]?: boolean | undefined }): Partial<Ignore> {
  const { groups, status, newsletters } = ignore;
  return {
    ...(groups !== undefined && { groups }),
    ...(status !== undefined && { status }),
    ...(newsletters !== undefined && { newsletters }),
  };
}

function limitSettings(before: Limits, wanted: SetLimits | null): Limits {
  return wanted === null ? noLimits : checked({ ...before, ...withoutUndefined(wanted) });
}

function withoutUndefined(limits: SetLimits): Partial<Limits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

/** Throws `validation_failed` for limits that contradict each other. */
function checked(limits: Limits): Limits {
  const problem = limitsProblem(limits);
  if (problem) throw invalid([problem]);
  return limits;
}

type Commands = NonNullable<SessionRecord['settings']['commands']>;

/** `null` leaves it to the server; what is not named stays. */
function commandSettings(before: Commands, wanted: NonNullable<PatchSession['commands']>): Commands {
  const enabled = wanted.enabled === undefined ? before.enabled : (wanted.enabled ?? undefined);
  const prefix = wanted.prefix === undefined ? before.prefix : (wanted.prefix ?? undefined);
  const groups = wanted.groups === undefined ? before.groups : (wanted.groups ?? undefined);
  return {
    ...(enabled !== undefined && { enabled }),
    ...(prefix !== undefined && { prefix }),
    ...(groups !== undefined && { groups }),
  };
}
