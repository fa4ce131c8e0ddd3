import { describe, expect, it } from 'vitest';
import { connect } from './client.ts';
import { linkSession, screenOf } from './linking.ts';
import { startServer } from './server.ts';

const count = 200;

describe(`${count} sessions at once`, () => {
  it('link, connect and write to one another', { timeout: 300_000 }, async () => {
    await using server = await startServer();
    const client = connect(server);
    const linked = await Promise.all(Array.from({ length: count }, (_, at) => linkSession(client, `s${at}`)));
    expect(new Set(linked.map(({ phone }) => phone)).size).toBe(count);
    const { data } = await client.call('listSessions', { query: { state: 'connected', limit: 1_000 } });
    expect(data).toHaveLength(count);
    await Promise.all(
      linked.map(({ id }, at) =>
        client.call('sendMessage', {
          params: { id },
          query: { wait: 60 },
          body: { to: linked[(at + 1) % count]?.phone ?? '', text: `from s${at}` },
        }),
      ),
    );
    for (const at of [0, 1, count - 1]) {
      const before = (at + count - 1) % count;
      const screen = await screenOf(client, linked[at]?.phone ?? '');
      expect(screen.map(({ text }) => text)).toContain(`from s${before}`);
    }
  });
});
