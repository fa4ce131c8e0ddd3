/** The part of the store's conformance suite that is about what tenants may have. */
import { describe, expect, it } from 'vitest';
import type { SessionId, TenantId } from '@zapfleet/contract';
import { noTenantLimits } from '../domain/account.ts';
import { idFrom } from '../domain/id-time.ts';
import type { LocalDay } from '../domain/local-day.ts';
import type { MessageRecord } from '../domain/message.ts';
import type { Store } from '../ports/store.ts';
import { sampleFile, sampleId, sampleMedia, sampleOutgoing, sampleSession } from './records.fixture.ts';

type Given = () => {
  store: Store;
  prune: (now: number, before: number, auditBefore?: number | null) => Promise<unknown>;
};

const day = '2026-11-21' as LocalDay;
const next = '2026-11-22' as LocalDay;

export function describeTenantsConformance(given: Given): void {
  const addTenant = async (limits: Partial<typeof noTenantLimits> = {}): Promise<TenantId> => {
    const id = sampleId('ten');
    const record = { id, name: 'shop', limits: { ...noTenantLimits, ...limits }, suspendedAt: null, createdAt: 1 };
    await given().store.commit([{ kind: 'tenant.insert', record }]);
    return id;
  };
  const addSession = async (tenantId: TenantId): Promise<SessionId> => {
    const record = sampleSession({ tenantId });
    await given().store.commit([{ kind: 'session.insert', record, required: true }]);
    return record.id;
  };
  let made = 0;
  const messageOf = (tenantId: TenantId, sessionId: SessionId, on: LocalDay, changes: Partial<MessageRecord> = {}) => {
    const id = `${idFrom('msg', Date.parse(`${on}T12:00:00Z`))}${String((made += 1)).padStart(16, '0')}` as const;
    const own = { id: id as MessageRecord['id'], tenantId, waId: id, expiresAt: 1 };
    return sampleOutgoing(sessionId, { ...own, ...changes });
  };

  describe('the messages of a tenant in a day', () => {
    it('are never more than it may send, over all its sessions, however many ask at once', async () => {
      const { store } = given();
      const tenantId = await addTenant();
      const sessions = [await addSession(tenantId), await addSession(tenantId)];
      const ask = async (at: number) => {
        const record = messageOf(tenantId, sessions[at % 2] ?? sampleId('ses'), day);
        return store.commit([{ kind: 'message.insert', record, share: { day, most: 7 }, required: true }]);
      };
      const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => ask(at)));
      expect(answers.filter(({ committed }) => committed)).toHaveLength(7);
      const stored = await Promise.all(sessions.map((id) => store.messages.unsent(id)));
      expect(stored.flat()).toHaveLength(7);
      expect(await store.tenants.messagesOn(tenantId, day)).toBe(7);
    });

    it('count from midnight on, also those before the limit was set, and nothing else', async () => {
      const { store } = given();
      const tenantId = await addTenant();
      const sessionId = await addSession(tenantId);
      const other = await addTenant();
      const elsewhere = messageOf(other, await addSession(other), day);
      for (const record of [
        messageOf(tenantId, sessionId, '2026-11-20' as LocalDay),
        messageOf(tenantId, sessionId, day),
        messageOf(tenantId, sessionId, day, { direction: 'in' }),
        messageOf(tenantId, sessionId, day, { expiresAt: null }),
        messageOf(tenantId, sessionId, day, { targetWaId: 'about' }),
        elsewhere,
      ]) {
        await store.commit([{ kind: 'message.insert', record, required: true }]);
      }
      expect(await store.tenants.messagesOn(tenantId, day)).toBe(1);
      const take = async () => {
        const record = messageOf(tenantId, sessionId, day);
        return (await store.commit([{ kind: 'message.insert', record, share: { day, most: 2 } }])).changed[0];
      };
      expect([await take(), await take()]).toEqual([true, false]);
      expect(await store.tenants.messagesOn(tenantId, day)).toBe(2);
      expect(await store.tenants.messagesOn(tenantId, next)).toBe(0);
    });

    it('are told of once a day for each limit, which takes nothing of the day', async () => {
      const { store } = given();
      const id = await addTenant();
      const sessionId = await addSession(id);
      const tell = async (limit: 'messagesPerDay' | 'mediaBytes', on = day) =>
        (await store.commit([{ kind: 'tenant.tell', id, day: on, limit }])).changed[0];
      expect([await tell('mediaBytes'), await tell('mediaBytes')]).toEqual([true, false]);
      const record = messageOf(id, sessionId, day);
      await store.commit([{ kind: 'message.insert', record, share: { day, most: 5 } }]);
      expect([await tell('messagesPerDay'), await tell('messagesPerDay')]).toEqual([true, false]);
      expect([await tell('mediaBytes'), await tell('mediaBytes', next)]).toEqual([false, true]);
      expect(await store.tenants.messagesOn(id, day)).toBe(1);
    });

    it('are forgotten when the day is long over', async () => {
      const { store, prune } = given();
      const id = await addTenant();
      await store.commit([{ kind: 'tenant.tell', id, day, limit: 'mediaBytes' }]);
      await prune(Date.parse('2026-11-29T00:00:00Z'), Date.parse('2026-11-22T12:00:00Z'));
      expect((await store.commit([{ kind: 'tenant.tell', id, day, limit: 'mediaBytes' }])).changed).toEqual([true]);
    });
  });

  it('the bytes of a tenant are never more than it may keep, however many files come at once', async () => {
    const { store } = given();
    const tenantId = await addTenant();
    const keep = async () => {
      const file = sampleFile({ tenantId, size: 100 });
      const record = sampleMedia({ tenantId, state: 'stored', file: file.id, size: 100, sha256: file.sha256 });
      return store.commit([
        { kind: 'media.insert', record, file, required: true },
        { kind: 'tenant.space', id: tenantId, bytes: 350, required: true },
      ]);
    };
    const answers = await Promise.all(Array.from({ length: 50 }, keep));
    expect(answers.filter(({ committed }) => committed)).toHaveLength(3);
    expect(await store.media.usage(tenantId)).toBe(300);
  });

  it('what was changed by whom is kept until it is past its age, and for ever where it has none', async () => {
    const { store, prune } = given();
    const tenantId = await addTenant();
    const actor = { kind: 'nobody', id: null, name: null } as const;
    for (const at of [1000, 2000, 3000]) {
      const entry = { at, tenantId, actor, action: 'createSession', object: null, address: null, outcome: 201 };
      await store.commit([{ kind: 'audit.append', record: { id: sampleId('aud'), ...entry } }]);
    }
    const kept = async () => (await store.accounts.audit({ tenantId, limit: 10 })).map(({ at }) => at).sort();
    await prune(9000, 9000);
    expect(await kept()).toEqual([1000, 2000, 3000]);
    await prune(9000, 0, 2000);
    expect(await kept()).toEqual([2000, 3000]);
  });

  it('the limits of a tenant are those that were set last', async () => {
    const { store } = given();
    const id = await addTenant({ messagesPerDay: 5 });
    expect(await store.tenants.limits(id)).toMatchObject({ messagesPerDay: 5, mediaBytes: null });
    const set = (limits: typeof noTenantLimits) => store.commit([{ kind: 'tenant.update', id, patch: { limits } }]);
    await set({ ...noTenantLimits, mediaBytes: 9 });
    expect(await store.tenants.limits(id)).toEqual({ ...noTenantLimits, mediaBytes: 9 });
    await store.commit([{ kind: 'tenant.remove', id }]);
    expect(await store.tenants.limits(id)).toBeNull();
    expect(await store.tenants.limits(sampleId('ten'))).toBeNull();
  });
}
