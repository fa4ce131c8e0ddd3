import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { errorOf, startApp } from '../app.fixture.ts';

const code = { qr: '2@abc,def,ghi', attempt: 2, expiresAt: Date.parse('2026-11-21T09:01:00.000Z') };

describe('the QR code', () => {
  it.each([
    [undefined, 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/json; charset=utf-8'],
    ['image/png', 'image/png'],
    ['image/*', 'image/png'],
    ['image/svg+xml', 'image/svg+xml'],
    ['image/avif,image/svg+xml;q=0.9,image/png;q=0.5', 'image/svg+xml'],
    ['text/plain', 'text/plain; charset=utf-8'],
    ['text/plain;q=0, application/json', 'application/json; charset=utf-8'],
    ['video/mp4', 'application/json; charset=utf-8'],
  ])('comes for Accept: %s as %s', async (accept, type) => {
    await using server = await startApp();
    const { id } = server.addSession();
    server.fleet.show(id, code);
    const answer = await server.call('GET', `/sessions/${id}/qr`, accept === undefined ? {} : { headers: { accept } });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers.vary).toBe('Accept');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('holds the same code in every form', async () => {
    await using server = await startApp();
    const { id } = server.addSession();
    server.fleet.show(id, code);
    const as = (accept: string) => server.call('GET', `/sessions/${id}/qr`, { headers: { accept } });
    const json = (await as('application/json')).body as { qr: string; png: string };
    const png = (await as('image/png')).raw;
    expect(json).toMatchObject({ qr: code.qr, attempt: 2, expiresAt: '2026-11-21T09:01:00.000Z' });
    expect(json.png).toBe(`data:image/png;base64,${png.toString('base64')}`);
    expect((await as('text/plain')).raw.toString()).toBe(code.qr);
    expect(darkModulesOfSvg((await as('image/svg+xml')).raw.toString())).toEqual(darkModulesOfPng(png));
  });

  it('is refused with the state where there is none', async () => {
    await using server = await startApp();
    const { id } = server.addSession();
    const answer = await server.call('GET', `/sessions/${id}/qr`);
    expect(answer.status).toBe(409);
    expect(errorOf(answer)).toMatchObject({ code: 'qr_unavailable', details: { state: 'stopped' } });
  });

  it('is waited for', async () => {
    await using server = await startApp();
    const { id } = server.addSession();
    const answer = server.call('GET', `/sessions/${id}/qr?wait=20`);
    server.fleet.show(id, code);
    expect((await answer).status).toBe(200);
  });

  it('is waited for no longer than a minute', async () => {
    await using server = await startApp();
    const { id } = server.addSession();
    expect((await server.call('GET', `/sessions/${id}/qr?wait=61`)).status).toBe(400);
  });

  it('is not waited for when the server shuts down', async () => {
    const server = await startApp();
    const { id } = server.addSession();
    const url = await server.listen();
    const asked = new Promise<void>((resolve) => {
      const { waitForQr } = server.fleet;
      server.fleet.waitForQr = (...call) => {
        resolve();
        return waitForQr(...call);
      };
    });
    const answer = fetch(`${url}/sessions/${id}/qr?wait=60`, {
      headers: { 'x-api-key': 'a-master-key-for-tests-0123456789' },
    });
    await asked;
    await server.app.close();
    expect((await answer).status).toBe(409);
  });
});

describe('the pairing code', () => {
  it('comes with the time it ends', async () => {
    await using server = await startApp();
    const { id } = server.addSession();
    const answer = await server.call('POST', `/sessions/${id}/pairing-code`, {
      body: { phoneNumber: '+55 11 98765-4321' },
    });
    expect(answer.body).toEqual({ code: 'ABCD-1234', expiresAt: '2026-11-21T09:01:00.000Z' });
  });
});

/** `x,y` of each dark module, quiet zone included. */
function darkModulesOfSvg(svg: string): string[] {
  const runs = svg.matchAll(/M(\d+) (\d+)h(\d+)v1/g);
  return [...runs]
    .flatMap(([, x, y, length]) => Array.from({ length: Number(length) }, (_, at) => `${Number(x) + at},${Number(y)}`))
    .sort();
}

function darkModulesOfPng(png: Buffer): string[] {
  const width = png.readUInt32BE(16);
  const start = png.indexOf('IDAT');
  const rows = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)));
  const rowBytes = width / 8 + 1;
  const dark: string[] = [];
  for (let y = 0; y < width / 8; y += 1) {
    for (let x = 0; x < width / 8; x += 1) if (rows[y * 8 * rowBytes + 1 + x] === 0) dark.push(`${x},${y}`);
  }
  return dark.sort();
}
