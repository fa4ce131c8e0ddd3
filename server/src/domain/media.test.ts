import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanFilename, mimetypeOf, misfit, retryDelay } from './media.ts';

describe('a filename from elsewhere', () => {
  it('keeps what people write', () => {
    for (const name of ['Relatório 2026.pdf', '写真.jpg', 'a"b\'c.txt', '🙈.png', '.env', 'a..b']) {
      expect(cleanFilename(name)).toBe(name);
    }
  });

  it('loses its folders, what would break a line, and what turns the direction of writing', () => {
    expect(cleanFilename('../../etc/passwd')).toBe('passwd');
    expect(cleanFilename('C:\\Windows\\calc.exe')).toBe('calc.exe');
    expect(cleanFilename('a\r\nSet-Cookie: x=1.pdf')).toBe('aSet-Cookie: x=1.pdf');
    expect(cleanFilename('invoice\u202efdp.exe')).toBe('invoicefdp.exe');
    expect(cleanFilename(`${'x'.repeat(300)}.pdf`)).toHaveLength(255);
  });

  it('is none where nothing is left', () => {
    for (const name of [null, undefined, '', ' ', '.', '..', '/', 'a/', '\0\u202e'])
      expect(cleanFilename(name)).toBeNull();
  });

  it('never leads anywhere, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const clean = cleanFilename(name);
        expect(clean ?? 'x').not.toMatch(/[/\\\u0000-\u001f\u007f\u202a-\u202e]|^\.+$|^$/);
        expect((clean ?? '').isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('the media type of a file to send', () => {
  it('is what the caller says, else what the bytes are, else what its server says', () => {
    expect(mimetypeOf('application/x-mine', 'image/png', 'text/html')).toBe('application/x-mine');
    expect(mimetypeOf(undefined, 'image/png', 'text/html')).toBe('image/png');
    expect(mimetypeOf(undefined, null, 'text/csv; charset=utf-8')).toBe('text/csv; charset=utf-8');
    expect(mimetypeOf(undefined, null, 'application/octet-stream')).toBe('application/octet-stream');
    expect(mimetypeOf(undefined, null, null)).toBe('application/octet-stream');
  });

  it('fits the kind it is sent as, and a document is anything', () => {
    expect(misfit('image', 'image/png')).toBeNull();
    expect(misfit('document', 'text/html')).toBeNull();
    expect(misfit('image', 'text/html')).toBe('is text/html, not an image');
    expect(misfit('sticker', 'image/png')).toBe('is image/png, not a WebP image');
    expect(misfit('voice', 'video/mp4')).toBe('is video/mp4, not audio');
  });
});

it('a file that cannot be fetched is tried again ever more seldom, and given up within two days', () => {
  const delays = Array.from({ length: 8 }, (_, at) => retryDelay(at + 1));
  const kept = delays.filter((delay) => delay !== null);
  expect(kept).toEqual([...kept].sort((a, b) => a - b));
  expect(kept[0]).toBe(10_000);
  expect(delays.at(-1)).toBeNull();
  expect(kept.reduce((sum, delay) => sum + delay, 0)).toBeLessThan(48 * 3_600_000);
});
