import { randomBytes } from 'node:crypto';
import { type AuditId, makeId, type TenantId } from '@zapfleet/contract';
import { expect, test } from 'vitest';
import { defaultTenantId } from '../../domain/tenant.ts';
import { keys, otherTenantId, startApp, type TestApp } from '../app.fixture.ts';

const actor = { kind: 'environment_key', id: null, name: null } as const;

async function note(server: TestApp, tenantId: TenantId, at: number): Promise<AuditId> {
  const id = makeId('aud', at, randomBytes(10));
  const entry = { at, tenantId, actor, action: 'createSession', object: 'ses_1', address: '203.0.113.9', outcome: 201 };
  await server.real.commit([{ kind: 'audit.append', record: { id, ...entry } }]);
  return id;
}

test('the whole log of a tenant comes as JSON lines, newest first, however long it is', async () => {
  await using server = await startApp();
  const ids = await Promise.all(Array.from({ length: 2_345 }, (_, at) => note(server, defaultTenantId, 1_000 + at)));
  await note(server, otherTenantId, 9_000);
  const { status, headers, raw } = await server.call('GET', '/audit', {
    key: keys.admin,
    headers: { accept: 'application/jsonl' },
  });
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('application/jsonl');
  const lines = raw.toString().trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(ids.reverse());
});
