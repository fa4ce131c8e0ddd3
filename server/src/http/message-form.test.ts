import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../domain/gateway-error.ts';
import { type Answer, errorOf, keys, startApp, type TestApp } from './app.fixture.ts';

const MB = 1024 * 1024;
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const to = '5511987654321';

let server: TestApp;
beforeEach(async () => {
  server = await startApp();
  server.addSession();
});
afterEach(() => server[Symbol.asyncDispose]());

type Part = readonly [name: string, value: string | Blob, filename?: string];

async function post(parts: readonly Part[], headers: Record<string, string> = {}, key: string = keys.agent) {
  const form = new FormData();
  for (const [name, value, filename] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, filename);
  }
  const written = new Response(form);
  const type = { 'content-type': written.headers.get('content-type') ?? '' };
  const body = Buffer.from(await written.arrayBuffer());
  return server.call('POST', '/sessions/demo/messages', { body, headers: { ...type, ...headers }, key });
}

const picture = (bytes = png): Part => ['file', new Blob([bytes], { type: 'image/png' }), 'dot.png'];
const asked = () => server.outbox.requests.map(({ message }) => message);
const problems = (answer: Answer) => {
  expect(answer).toMatchObject({ status: 400, body: { error: { code: 'validation_failed' } } });
  return errorOf(answer).details.fields;
};
/** What is on the disk, of uploads and of messages. */
const kept = () => server.real.media.usage(null);

describe('a message as a form', () => {
  it('has a file beside its fields, in any order, and is as one with an upload', async () => {
    expect(
      await post([['type', 'image'], picture(), ['to', to], ['caption', '12'], ['viewOnce', 'true']]),
    ).toMatchObject({ status: 201 });
    const uploadId = expect.stringMatching(/^med_/) as string;
    expect(asked()).toEqual([{ type: 'image', to, caption: '12', viewOnce: true, media: { uploadId } }]);
  });

  it('has its fields in one that is JSON, or in none but fields', async () => {
    await post([picture(), ['message', JSON.stringify({ type: 'document', to, ephemeralSeconds: 60 })]]);
    // As a page names the type of the part.
    await post([['message', new Blob([JSON.stringify({ to, text: 'hi' })], { type: 'application/json' })]]);
    await post([
      ['to', to],
      ['text', '["1"]'],
      ['mentions', '5511900000000'],
      ['expirySeconds', '5'],
    ]);
    expect(asked()).toMatchObject([
      { type: 'document', to, ephemeralSeconds: 60, media: { uploadId: expect.any(String) as string } },
      { to, text: 'hi' },
      { to, text: '["1"]', mentions: ['5511900000000'], expirySeconds: 5 },
    ]);
  });

  it('has lists as fields of one name, or as JSON', async () => {
    const poll: Part[] = [
      ['type', 'poll'],
      ['to', to],
      ['question', 'When?'],
    ];
    await post([...poll, ['options', 'now'], ['options', 'later']]);
    await post([...poll, ['options', '["now","later"]'], ['selectable', '2']]);
    await post([
      ['type', 'contact'],
      ['to', to],
      ['contacts', '[{"name":"Bia","phoneNumber":"551190"}]'],
    ]);
    const options = ['now', 'later'];
    expect(asked()).toMatchObject([{ options }, { options, selectable: 2 }, { contacts: [{ name: 'Bia' }] }]);
  });

  it.each<[string, Part[], object[]]>([
    ['nothing', [], [{ field: 'to' }, { field: 'text' }]],
    [
      'several fields that are wrong',
      [
        ['type', 'location'],
        ['to', to],
        ['latitude', 'north'],
        ['longitude', '999'],
        ['extra', '1'],
      ],
      [
        { field: 'latitude', message: 'must be a number' },
        { field: 'longitude', message: 'must be at most 180' },
        { field: 'extra', message: 'is not a known field' },
      ],
    ],
    [
      'no file',
      [
        ['type', 'image'],
        ['to', to],
      ],
      [{ field: 'file', message: 'is required' }],
    ],
    [
      'a file that it does not carry',
      [['to', to], ['text', 'a'], picture()],
      [{ field: 'file', message: 'is nothing that this type of message carries' }],
    ],
    [
      'a file and an address of one',
      [['type', 'image'], ['to', to], ['media', '{"url":"https://example.com/a.png"}'], picture()],
      [{ field: 'media', message: 'must not be there beside "file"' }],
    ],
    [
      'a file of another name',
      [
        ['to', to],
        ['text', 'a'],
        ['photo', new Blob(['x']), 'x'],
      ],
      [{ field: 'photo' }],
    ],
    [
      'two files',
      [['type', 'image'], ['to', to], picture(), picture()],
      [{ field: 'file', message: 'must be there once' }],
    ],
    ['a message that is no JSON', [['message', '{']], [{ field: 'message', message: 'must be an object in JSON' }]],
    [
      'fields beside the whole',
      [
        ['message', `{"to":"${to}","text":"a"}`],
        ['text', 'b'],
      ],
      [{ field: 'text' }],
    ],
    [
      'one field twice',
      [
        ['to', to],
        ['to', to],
        ['text', 'a'],
      ],
      [{ field: 'to', message: 'must be a text' }],
    ],
  ])('with %s is refused, field by field, and leaves no file', async (_, parts, fields) => {
    expect(problems(await post(parts))).toMatchObject(fields);
    expect(asked()).toEqual([]);
    expect(await kept()).toBe(0);
  });

  it('that cannot be read is refused, and the server goes on', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    for (const body of ['nonsense', '--x\r\nbroken', '--x\r\nContent-Disposition: form-data; name="to"\r\n\r\n1']) {
      problems(await server.call('POST', '/sessions/demo/messages', { body, headers, key: keys.agent }));
    }
    problems(
      await post([
        ['__proto__', '1'],
        ['to', to],
        ['text', 'a'],
      ]),
    );
    expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(
      (
        await post([
          ['to', to],
          ['text', 'a'],
        ])
      ).status,
    ).toBe(201);
  });

  it('is refused with 413 where the file or its fields are too large, and leaves nothing', async () => {
    const large = await post([['type', 'document'], ['to', to], picture(Buffer.alloc(200_000))]);
    expect(large).toMatchObject({
      status: 413,
      body: { error: { code: 'media_too_large', details: { most: 100_000 } } },
    });
    const long = await post([picture(), ['to', to], ['text', 'x'.repeat(MB + 1)]]);
    expect(long).toMatchObject({ status: 413, body: { error: { code: 'body_too_large' } } });
    const named = new Blob(['x'.repeat(MB + 1)], { type: 'application/json' });
    expect(errorOf(await post([['message', named], picture()])).code).toBe('body_too_large');
    const much = Array.from({ length: 5 }, (): Part => ['text', 'x'.repeat(MB - 1)]);
    expect(errorOf(await post(much)).code).toBe('body_too_large');
    expect(await kept()).toBe(0);
  });

  it('needs an agent and a session before any of it is read', async () => {
    expect((await post([picture(), ['to', to]], {}, keys.viewer)).status).toBe(403);
    const other = new Response(new FormData());
    const headers = { 'content-type': other.headers.get('content-type') ?? '' };
    const body = Buffer.from(await other.arrayBuffer());
    const nowhere = await server.call('POST', '/sessions/nowhere/messages', { body, headers });
    expect(errorOf(nowhere).code).toBe('session_not_found');
  });

  it('is the same again with the same fields and file, whatever their order, and else another', async () => {
    const message: Part[] = [
      ['type', 'image'],
      ['to', to],
    ];
    await post([...message, picture()]);
    await post([picture(), ...message.toReversed()]);
    await post([['message', JSON.stringify({ to, type: 'image' })], picture()]);
    await post([...message, picture(Buffer.concat([png, Buffer.from('.')]))]);
    await post([...message, ['caption', 'x'], picture()]);
    const [first, ...others] = server.outbox.requests.map(({ bodyHash }) => bodyHash);
    expect(others.map((hash) => hash === first)).toEqual([true, true, false, false]);
  });

  it('leaves no upload behind, whether it was accepted or not', async () => {
    expect((await post([['type', 'image'], ['to', to], picture()])).status).toBe(201);
    server.outbox.answer = () => {
      throw new GatewayError('session_not_connected');
    };
    expect((await post([['type', 'image'], ['to', to], picture()])).status).toBe(409);
    expect(await kept()).toBe(0);
  });
});
