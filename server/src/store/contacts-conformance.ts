/** The part of the store's conformance suite that is about contacts. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { SessionId } from '@zapfleet/contract';
import type { KnownIdentity } from '../domain/identity.ts';
import type { ContactChange, Store } from '../ports/store.ts';
import { lid, phone, sampleId } from './records.fixture.ts';

type Given = () => { store: Store; addSession: () => Promise<SessionId> };

export function describeContactsConformance(given: Given): void {
  describe('contacts', () => {
    let store: Store;
    let addSession: ReturnType<Given>['addSession'];
    beforeEach(() => {
      ({ store, addSession } = given());
    });

    it('join a phone number and a LID once both are known', async () => {
      const sessionId = await addSession();
      const add = async (identity: Parameters<Store['contacts']['resolve']>[1], pushName: string | null = null) =>
        (await store.commit([{ kind: 'contact.upsert', sessionId, identity, pushName }])).changed[0];
      const onlyPhone = { phoneNumber: phone('551'), lid: null };
      const onlyLid = { phoneNumber: null, lid: lid('9') };
      const both = { phoneNumber: phone('551'), lid: lid('9') };
      expect(await store.contacts.resolve(sessionId, onlyPhone)).toEqual(onlyPhone);
      expect(await add(onlyPhone)).toBe(true);
      expect(await add(onlyLid, 'Ana')).toBe(true);
      expect(await store.contacts.resolve(sessionId, onlyPhone)).toEqual(onlyPhone);
      expect(await store.contacts.resolve(sessionId, onlyLid)).toEqual(onlyLid);
      expect(await add(both)).toBe(true);
      expect(await store.contacts.resolve(sessionId, onlyPhone)).toEqual(both);
      expect(await store.contacts.resolve(sessionId, onlyLid)).toEqual(both);
      expect(await add(both, 'Ana')).toBe(false);
      expect(await add(onlyLid, 'Ana Maria')).toBe(true);
      expect(await store.contacts.resolve(await addSession(), onlyLid)).toEqual(onlyLid);
    });

    it('say what was learnt: that a number and a LID are one person, and another name', async () => {
      const sessionId = await addSession();
      const learnt: ContactChange[] = [];
      const add = async (digits: string | null, lidDigits: string | null, pushName: string | null = null) => {
        const identity = { phoneNumber: digits && phone(digits), lid: lidDigits && lid(lidDigits) } as KnownIdentity;
        const tell = (change: ContactChange) => {
          learnt.push(change);
          return [];
        };
        await store.commit([{ kind: 'contact.upsert', sessionId, identity, pushName, tell }]);
        return learnt.splice(0).map(({ resolved, renamed }) => ({ resolved, renamed }));
      };
      expect(await add(null, '9', 'Ana')).toEqual([]);
      expect(await add('551', null)).toEqual([]);
      expect(await add('551', '9', 'Ana')).toEqual([{ resolved: true, renamed: false }]);
      expect(await add('551', '9', 'Ana')).toEqual([]);
      expect(await add(null, '9', 'Ana Maria')).toEqual([{ resolved: false, renamed: true }]);
      expect(await add('552', '8', 'Bia')).toEqual([]);
      expect(await add('552', null, 'Beatriz')).toEqual([{ resolved: false, renamed: true }]);
      expect(await add('553', null)).toEqual([]);
      expect(await add('553', '7')).toEqual([{ resolved: true, renamed: false }]);
    });

    it('believe the newer word: a number or a LID can pass to somebody else', async () => {
      const sessionId = await addSession();
      const add = (digits: string, lidDigits: string) =>
        store.commit([
          {
            kind: 'contact.upsert',
            sessionId,
            identity: { phoneNumber: phone(digits), lid: lid(lidDigits) },
            pushName: null,
          },
        ]);
      const resolve = (digits: string) => store.contacts.resolve(sessionId, { phoneNumber: phone(digits), lid: null });
      await add('551', '1');
      await add('552', '2');
      expect(await resolve('551')).toMatchObject({ lid: '1@lid' });
      expect(await resolve('552')).toMatchObject({ lid: '2@lid' });
      const first = { phoneNumber: null, lid: lid('1') };
      expect(await store.contacts.resolve(sessionId, first)).toMatchObject({ phoneNumber: '551' });
      await add('551', '2');
      expect(await store.contacts.resolve(sessionId, first)).toMatchObject({ phoneNumber: null });
      expect(await resolve('551')).toMatchObject({ lid: '2@lid' });
      expect(await resolve('552')).toMatchObject({ lid: null });
    });

    it('are forgotten with their session', async () => {
      const sessionId = await addSession();
      const known = { phoneNumber: phone('551'), lid: lid('1') };
      const upsert = { kind: 'contact.upsert', sessionId, identity: known, pushName: 'Ana' } as const;
      await store.commit([upsert]);
      const asked = { phoneNumber: phone('551'), lid: null };
      expect(await store.contacts.resolve(sessionId, asked)).toEqual(known);
      await store.commit([{ kind: 'session.purge', id: sessionId, limit: 10 }]);
      expect(await store.contacts.resolve(sessionId, asked)).toEqual(asked);
      expect((await store.commit([upsert])).changed).toEqual([true]);
    });

    it('are known as before when the commit that changed them is undone', async () => {
      const sessionId = await addSession();
      const known = { phoneNumber: phone('551'), lid: lid('1') };
      await store.commit([{ kind: 'contact.upsert', sessionId, identity: known, pushName: null }]);
      await store.contacts.resolve(sessionId, { phoneNumber: phone('551'), lid: null });
      await store.commit([
        { kind: 'contact.upsert', sessionId, identity: { phoneNumber: phone('551'), lid: lid('2') }, pushName: null },
        { kind: 'session.update', id: sampleId('ses'), patch: { run: 1 }, required: true },
      ]);
      expect(await store.contacts.resolve(sessionId, { phoneNumber: phone('551'), lid: null })).toEqual(known);
      expect(await store.contacts.resolve(sessionId, { phoneNumber: null, lid: lid('1') })).toEqual(known);
    });
  });
}
