import {
  operations,
  pageOf,
  SandboxFault,
  SandboxFile,
  SandboxMessage,
  SandboxPerson,
  SandboxPhone,
  SandboxPresence,
  SandboxPhoneWithDevices,
} from '@zapfleet/contract';
import { z } from 'zod';
import { GatewayError } from '../../domain/gateway-error.ts';
import type { SessionRecord } from '../../domain/session.ts';
import { defaultTenantId } from '../../domain/tenant.ts';
import type { Store } from '../../ports/store.ts';
import type { Fleet } from '../../sessions/fleet-api.ts';
import type { Caller } from '../../ports/caller.ts';
import { goneSignal } from '../gone.ts';
import { answer, type Call, invalid, route, type Router } from '../route.ts';
import type { SandboxControl } from '../sandbox-control.ts';
import { ownerQuery, phonePath } from '../sandbox-owner.ts';
import { findSession } from '../session-access.ts';

export type SandboxParts = { store: Store; fleet: Fleet; control: SandboxControl; closing: AbortSignal };

/** How long a scan by session waits for a QR code: long enough for a session that was created a moment ago. */
const QR_PATIENCE_MS = 10_000;

const Owned = z.object({ owner: z.string().nullish(), phoneNumber: z.string() });
const Anything = z.looseObject({});
const Written = z.looseObject({ id: z.string() });
const Faults = pageOf(SandboxFault.extend({ phoneNumber: z.string().nullish() }));

export function sandboxRoutes(router: Router, { store, fleet, control, closing }: SandboxParts): void {
  route(router, operations.createSandboxPhone, async ({ body, caller }) => {
    const phone = { ...body, owner: caller.tenantId ?? defaultTenantId };
    return answer(201, await control.call('POST', '/sandbox/phones', SandboxPhone, phone));
  });

  route(router, operations.listSandboxPhones, async ({ caller }) => {
    const path = `/sandbox/phones${ownerQuery(caller)}`;
    return answer(200, await control.call('GET', path, pageOf(SandboxPhoneWithDevices)));
  });

  route(router, operations.getSandboxPhone, async ({ params, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(200, await control.call('GET', path, SandboxPhoneWithDevices));
  });

  route(router, operations.changeSandboxPhone, async ({ params, body, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(200, await control.call('PATCH', path, SandboxPhoneWithDevices, body));
  });

  route(router, operations.scanWithSandboxPhone, async (call) => {
    const path = await phonePath(control, call.params.phone, call.caller);
    const qr = 'qr' in call.body ? call.body.qr : await qrOf(call.body.sessionId, call);
    return answer(200, await control.call('POST', `${path}/scan`, Anything, { qr }));
  });

  route(router, operations.typeLinkCode, async ({ params, body, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(200, await control.call('POST', `${path}/link-code`, Anything, body));
  });

  route(router, operations.writeFromSandboxPhone, async ({ params, body, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(201, await control.call('POST', `${path}/messages`, Written, body));
  });

  route(router, operations.readSandboxScreen, async ({ params, query, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    const { after, limit, read, played } = query;
    const search = new URLSearchParams({
      limit: String(limit),
      ...(after && { after }),
      ...(read && { read }),
      ...(played && { played }),
    });
    const screen = await control.call('GET', `${path}/messages?${search.toString()}`, pageOf(SandboxMessage));
    return answer(200, screen);
  });

  route(router, operations.setSandboxPresence, async ({ params, body, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(200, await control.call('POST', `${path}/presence`, SandboxPresence, body));
  });

  route(router, operations.listSandboxPresences, async ({ params, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(200, await control.call('GET', `${path}/presences`, pageOf(SandboxPerson)));
  });

  route(router, operations.listSandboxFiles, async ({ params, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    return answer(200, await control.call('GET', `${path}/media`, pageOf(SandboxFile)));
  });

  route(router, operations.unlinkSandboxDevice, async ({ params, caller }) => {
    const path = await phonePath(control, params.phone, caller);
    if (!/^(all|\d+)$/.test(params.device)) throw invalid([{ field: 'device', message: 'must be a number or "all"' }]);
    return answer(200, await control.call('DELETE', `${path}/devices/${params.device}`, Anything));
  });

  route(router, operations.createSandboxFault, async ({ body, caller }) => {
    const { sessionId, phoneNumber, ...fault } = body;
    const target = await targetOf({ sessionId, phoneNumber, phase: fault.phase }, caller);
    return answer(201, await control.call('POST', '/sandbox/faults', SandboxFault, { ...fault, ...target }));
  });

  route(router, operations.listSandboxFaults, async ({ caller }) => {
    const { data } = await faultsSeenBy(caller);
    return answer(200, { data, nextCursor: null });
  });

  route(router, operations.clearSandboxFaults, async ({ caller }) => {
    const { data, all } = await faultsSeenBy(caller);
    if (data.length < all) {
      throw new GatewayError('forbidden', 'There are faults of others too; only a master key may clear them.');
    }
    return answer(200, await control.call('DELETE', '/sandbox/faults', Anything));
  });

  async function sandboxSession(sessionId: string, caller: Caller): Promise<SessionRecord> {
    const session = await findSession(store, caller, sessionId);
    if (session.network !== 'sandbox') throw new GatewayError('not_a_sandbox_session');
    return session;
  }

  async function qrOf(
    sessionId: string,
    { caller, reply }: Pick<Call<typeof operations.scanWithSandboxPhone>, 'caller' | 'reply'>,
  ): Promise<string> {
    const session = await sandboxSession(sessionId, caller);
    const shown = await fleet.waitForQr(session.id, QR_PATIENCE_MS, goneSignal(reply, closing));
    if (shown) return shown.qr;
    const { state } = (await store.sessions.get(session.id)) ?? session;
    throw new GatewayError('qr_unavailable', `This session shows no QR code: it is ${state.name}.`, {
      state: state.name,
    });
  }

  type Wanted = {
    sessionId: string | undefined;
    phoneNumber: string | undefined;
    phase: string | undefined;
  };

  /** Whom the fault strikes, in the sandbox's words. */
  async function targetOf(wanted: Wanted, caller: Caller): Promise<{ phoneNumber?: string; device?: number }> {
    if (wanted.sessionId !== undefined) {
      return accountOf(await sandboxSession(wanted.sessionId, caller), wanted, caller);
    }
    if (wanted.phoneNumber !== undefined) {
      await phonePath(control, wanted.phoneNumber, caller);
      return { phoneNumber: wanted.phoneNumber };
    }
    mustBeMaster(caller, 'A fault without a target strikes everybody: that needs a master key.');
    return {};
  }

  async function faultsSeenBy(caller: Caller): Promise<{ data: z.output<typeof SandboxFault>[]; all: number }> {
    const { data } = await control.call('GET', '/sandbox/faults', Faults);
    if (caller.tenantId === null) return { data, all: data.length };
    const { data: phones } = await control.call('GET', `/sandbox/phones${ownerQuery(caller)}`, pageOf(Owned));
    const own = new Set(phones.map(({ phoneNumber }) => phoneNumber));
    return { data: data.filter(({ phoneNumber }) => phoneNumber != null && own.has(phoneNumber)), all: data.length };
  }
}

function mustBeMaster(caller: Caller, sentence: string): void {
  if (caller.role !== 'master') throw new GatewayError('forbidden', sentence);
}

function accountOf(
  { account, state }: SessionRecord,
  { phase }: { phase: string | undefined },
  caller: Caller,
): { phoneNumber?: string; device?: number } {
  if (account) {
    const device = /:(\d+)@/.exec(account.jid)?.[1];
    return { phoneNumber: account.phoneNumber, ...(device !== undefined && { device: Number(device) }) };
  }
  if (phase === 'pairing') {
    // The network does not know yet who pairs there: it strikes the next one that does.
    mustBeMaster(caller, 'A fault of a pairing strikes whoever pairs next: that needs a master key.');
    return {};
  }
  throw new GatewayError('sandbox_refused', 'The session is not linked, so the network cannot tell it from others.', {
    reason: 'not_linked',
    state: state.name,
  });
}
