import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionId } from '@zapfleet/contract';
import { CredentialsUnreadable } from '../ports/credentials.ts';
import { StoreUnusable } from './failures.ts';
import { openStore } from './open-store.ts';
import { bytesOf, sampleMessage, sampleOutgoing, sampleSession, textOf } from './records.fixture.ts';
import type { OpenedStore } from './sqlite-store.ts';
import { silentLog, testClock } from './surroundings.fixture.ts';

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zapfleet-store-'));
  path = join(folder, 'data', 'zapfleet.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = (first = key(1), ...others: Uint8Array[]): Promise<OpenedStore> =>
  openStore({ path, encryptionKeys: [first, ...others], clock: testClock().clock, log: silentLog });

/** Opens, does something, closes. */
async function within<T>(opening: Promise<OpenedStore>, work: (opened: OpenedStore) => Promise<T>): Promise<T> {
  const opened = await opening;
  try {
    return await work(opened);
  } finally {
    await opened.store.close();
  }
}

/** Changes the file behind the store's back. */
function tamper(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

async function refusal(opening: Promise<OpenedStore>): Promise<string> {
  const error: unknown = await opening.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreUnusable);
  const { message } = error as Error;
  // One sentence for a terminal.
  expect(message).toMatch(/^[A-Z][^\n]*\.$/);
  return message;
}

describe('opening a store', () => {
  it('makes the folder and a file that nobody else can read, and finds everything again', async () => {
    const record = sampleSession();
    await within(open(), ({ store }) => store.commit([{ kind: 'session.insert', record }]));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await within(open(), ({ store }) => store.sessions.get(record.id))).toEqual(record);
  });

  it('goes on with the numbers of the events', async () => {
    const record = sampleSession();
    const { id } = record;
    const account = { phoneNumber: '1', jid: '1@s.whatsapp.net', lid: null, pushName: null };
    const event = {
      type: 'session.connected' as const,
      tenantId: record.tenantId,
      session: { id, name: record.name },
      occurredAt: 1,
      data: { first: true, account },
    };
    await within(open(), ({ store }) => store.commit([{ kind: 'session.insert', record, events: [event, event] }]));
    await within(open(), async ({ store, events }) => {
      expect(events.last()).toBe(2);
      await store.commit([{ kind: 'session.update', id, patch: { run: 1 }, events: [event] }]);
      expect(events.last()).toBe(3);
    });
  });

  it('refuses a database that another process or store has open', async () => {
    await within(open(), () => expect(refusal(open())).resolves.toContain('in use by another process'));
    await within(open(), ({ store }) => store.ping());
  });

  it('refuses a file that is no database', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(
      path,
      'this is a text that is long enough to be looked at as a header of a database, and is none'.repeat(20),
    );
    expect(await refusal(open())).toContain('is not a database');
  });

  it('refuses a damaged database', async () => {
    await within(open(), ({ store }) => store.ping());
    const file = readFileSync(path);
    file.fill(0xff, 100, 4096);
    writeFileSync(path, file);
    expect(await refusal(open())).toContain('damaged');
  });

  it('refuses a path that cannot be a file', async () => {
    mkdirSync(path, { recursive: true });
    expect(await refusal(open())).toContain('in the way');
    writeFileSync(join(folder, 'file'), '');
    path = join(folder, 'file', 'zapfleet.db');
    expect(await refusal(open())).toContain('in the way');
  });

  it('refuses a folder it may not write to', () => {
    // The superuser may write anywhere, so the rights are tried as somebody else.
    const script = `
      const { openStore } = await import(${JSON.stringify(new URL('./open-store.ts', import.meta.url).href)});
      const log = { warn() {}, child: () => log };
      const clock = { now: () => 1, after: () => () => undefined };
      const path = process.argv[1];
      await openStore({ path, encryptionKeys: [new Uint8Array(32)], clock, log }).catch((error) => console.log(error.name, error.message));
    `;
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'data'), { mode: 0o555 });
    const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const result = spawnSync(process.execPath, ['--input-type=module', '--eval', script, path], {
      ...asNobody,
      encoding: 'utf8',
    });
    expect(result.stdout).toMatch(/^StoreUnusable .*cannot be written.*\.\n$/);
  });

  it('refuses a database of a newer version', async () => {
    await within(open(), ({ store }) => store.ping());
    tamper("insert into kysely_migration (name, timestamp) values ('999-of-the-future', '2030-01-01')");
    const message = await refusal(open());
    expect(message).toContain('newer version');
    expect(message).toContain('999-of-the-future');
  });
});

describe('the encryption key', () => {
  const owner = { sessionId: 'ses_x' as SessionId, generation: 1 };
  const prepare = async (opened: OpenedStore): Promise<void> => {
    await opened.store.commit([{ kind: 'session.insert', record: sampleSession({ id: owner.sessionId }) }]);
    await opened.store.credentials(owner).commit({
      put: [
        { category: 'creds', id: 'main', value: bytesOf('canary-in-credentials') },
        { category: 'creds', id: 'other', value: bytesOf('other') },
      ],
      journal: [{ key: 'k', body: bytesOf('canary-in-journal') }],
    });
  };
  const read = async ({ store }: OpenedStore): Promise<string | null> =>
    textOf((await store.credentials(owner).get('creds', ['main'])).get('main'));

  it('that fits not at all refuses the start', async () => {
    await within(open(key(1)), prepare);
    expect(await refusal(open(key(2)))).toContain('ENCRYPTION_KEY');
    expect(await within(open(key(1)), read)).toBe('canary-in-credentials');
  });

  it('is changed by putting the new one first', async () => {
    await within(open(key(1)), prepare);
    await within(open(key(2), key(1)), async (opened) => {
      expect(await read(opened)).toBe('canary-in-credentials');
      const put = [{ category: 'creds', id: 'main', value: bytesOf('renewed') }];
      await opened.store.credentials(owner).commit({ put });
    });
    // Without the old key only what it still seals is unreadable.
    await within(open(key(2)), async (opened) => {
      expect(await read(opened)).toBe('renewed');
      await expect(opened.store.credentials(owner).get('creds', ['other'])).rejects.toThrow(CredentialsUnreadable);
    });
  });

  it('hides credentials, journal entries and sent bytes in the file', async () => {
    await within(open(), async (opened) => {
      await prepare(opened);
      const record = sampleOutgoing(owner.sessionId);
      const patch = { status: 'sent' as const, kept: bytesOf('canary-in-sent') };
      await opened.store.commit([
        { kind: 'message.insert', record },
        { kind: 'message.update', id: record.id, from: ['queued'], patch },
      ]);
      const files = [path, `${path}-wal`].map((file) => readFileSync(file, 'latin1')).join('');
      expect(files).toContain('Olá'.slice(0, 2));
      expect(files).not.toContain('canary');
    });
  });
});

describe('damaged credentials', () => {
  const prepare = async ({ store }: OpenedStore): Promise<void> => {
    for (const id of ['ses_a', 'ses_b'] as const) {
      await store.commit([{ kind: 'session.insert', record: sampleSession({ id }) }]);
      const value = bytesOf(id);
      const put = ['1', '2'].map((row) => ({ category: 'c', id: row, value }));
      await store.credentials({ sessionId: id, generation: 1 }).commit({ put, journal: [{ key: 'k', body: value }] });
    }
  };
  const get = ({ store }: OpenedStore, sessionId: SessionId, id: string) =>
    store.credentials({ sessionId, generation: 1 }).get('c', [id]);

  it('are said to be unreadable, and concern no other value and no other session', async () => {
    await within(open(), prepare);
    tamper("update credentials set value = zeroblob(40) where session_id = 'ses_a' and id = '1'");
    await within(open(), async (opened) => {
      await expect(get(opened, 'ses_a', '1')).rejects.toThrow(CredentialsUnreadable);
      expect((await get(opened, 'ses_a', '2')).size).toBe(1);
      expect((await get(opened, 'ses_b', '1')).size).toBe(1);
    });
  });

  it('are so too when rows were swapped, within a session or between two', async () => {
    await within(open(), prepare);
    tamper(`
      update credentials set value = (select value from credentials where session_id = 'ses_a' and id = '2')
        where session_id = 'ses_a' and id = '1';
      update credentials set value = (select value from credentials where session_id = 'ses_a' and id = '2')
        where session_id = 'ses_b' and id = '2';
      update journal set body = (select body from journal where session_id = 'ses_b') where session_id = 'ses_a';
    `);
    await within(open(), async (opened) => {
      await expect(get(opened, 'ses_a', '1')).rejects.toThrow(CredentialsUnreadable);
      await expect(get(opened, 'ses_b', '2')).rejects.toThrow(CredentialsUnreadable);
      const journal = opened.store.credentials({ sessionId: 'ses_a', generation: 1 });
      await expect(journal.unfinished()).rejects.toThrow(CredentialsUnreadable);
    });
  });
});

it('messages survive a close and an open', async () => {
  const session = sampleSession();
  const message = sampleMessage(session.id);
  await within(open(), ({ store }) =>
    store.commit([
      { kind: 'session.insert', record: session },
      { kind: 'message.insert', record: message },
    ]),
  );
  expect(await within(open(), ({ store }) => store.messages.get(message.id, null))).toEqual(message);
});
