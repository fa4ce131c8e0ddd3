import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleOutgoing } from '../../store/records.fixture.ts';
import { firstAddress } from './link-preview.ts';
import { jpeg, type MediaWorld, openWorld, png, startHost } from './media.fixture.ts';

let world: MediaWorld;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const preview = (text: string) => world.media.ofMessages.preview(world.session, text);
const picture = jpeg(300, 200);
const html = (head: string): string => `<!doctype html><html><head>${head}</head><body><p>body</p></body></html>`;
const page =
  (body: string | Buffer, type = 'text/html; charset=utf-8'): RequestListener =>
  ({ url }, response) => {
    if (url === '/picture') response.writeHead(200, { 'content-type': 'image/jpeg' }).end(picture);
    else if (url === '/png') response.writeHead(200).end(png);
    else response.writeHead(200, { 'content-type': type }).end(body);
  };

describe('the first address in a text', () => {
  it('is found as people write it, without what stands around it', () => {
    const found = (text: string) => firstAddress(text)?.written ?? null;
    expect(found('see https://example.com/a?b=1, please')).toBe('https://example.com/a?b=1');
    expect(found('(http://example.com)')).toBe('http://example.com');
    expect(found('*https://example.com/x*')).toBe('https://example.com/x');
    expect(found('HTTPS://EXAMPLE.COM and http://b.com')).toBe('HTTPS://EXAMPLE.COM');
    expect(firstAddress('www.example.com/é')).toEqual({
      ...{ written: 'www.example.com/é', url: 'https://www.example.com/%C3%A9' },
    });
    for (const text of ['no address', 'ftp://example.com', 'http://', 'mailto:a@b.c', ''])
      expect(found(text)).toBeNull();
  });
});

describe('a preview of a link', () => {
  it('is what the page says of itself, with its picture', async () => {
    const head = `<title>Plain</title><meta property="og:title" content="Caf&eacute; &amp;
      more"><meta name="description" content="plain"><meta property="og:description" content="Rich"><meta property="og:image" content="/picture">`;
    await using host = await startHost(page(html(head)));
    const made = await preview(`look: ${host.url}/x!`);
    expect(made?.preview).toEqual({ url: `${host.url}/x`, title: 'Café & more', description: 'Rich' });
    const message = sampleOutgoing(world.session.id);
    const { committed } = await world.store.commit([
      { kind: 'message.insert', record: message, required: true },
      ...(made?.writes(message.id) ?? []),
    ]);
    expect(committed).toBe(true);
    expect(await world.media.ofMessages.previewImage(message)).toEqual(picture);
    await world.media.keeper.removeOf(world.session.id);
    expect(world.onDisk()).toEqual([]);
  });

  it('makes do with the title, in whatever writing the page is', async () => {
    const latin = Buffer.from(html('<meta charset="iso-8859-1"><title>S\u00e3o Paulo</title>'), 'latin1');
    await using host = await startHost(page(latin, 'text/html'));
    expect((await preview(host.url))?.preview).toEqual({ url: host.url, title: 'São Paulo', description: null });
  });

  it('has no picture where that is no small JPEG', async () => {
    for (const image of ['/png', '/missing-page', 'http://127.0.0.1:1/x', 'javascript:alert(1)', '::']) {
      await using host = await startHost(page(html(`<title>t</title><meta property="og:image" content="${image}">`)));
      const made = await preview(host.url);
      expect(made?.preview.title).toBe('t');
      expect(made?.writes('msg_1')).toEqual([]);
    }
    expect(world.onDisk()).toEqual([]);
  });

  it('reads no more of a page than its beginning', async () => {
    let sent = 0;
    await using host = await startHost((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.write('<html><head><title>endless</title>');
      const more = (): void => {
        if (response.destroyed) return;
        sent += 50_000;
        response.write(Buffer.alloc(50_000, ' '), () => setImmediate(more));
      };
      more();
    });
    expect((await preview(host.url))?.preview.title).toBe('endless');
    expect(sent).toBeLessThan(20_000_000);
  });

  it('is none where there is no page, no title or no server, and never fails', async () => {
    await using text = await startHost(page('title', 'text/plain'));
    await using untitled = await startHost(page(html('<meta name="x" content="y">')));
    await using broken = await startHost((_request, response) => void response.destroy());
    await using missing = await startHost((_request, response) => void response.writeHead(404).end('<title>x</title>'));
    for (const url of [
      text.url,
      untitled.url,
      broken.url,
      missing.url,
      'http://127.0.0.1:1',
      'http://nowhere.invalid',
    ]) {
      expect(await preview(`see ${url}`), url).toBeNull();
    }
    expect(await preview('no address')).toBeNull();
  });
});
