/** Draws QR codes. At once, without waiting, so that what is sent around them stays in order. */
import { crc32, deflateSync } from 'node:zlib';
import qrcode from 'qrcode';

/** Light modules around the code, as the standard asks for. */
const MARGIN = 4;
/** Pixels per module. */
const SCALE = 8;

type Modules = { size: number; isDark(x: number, y: number): boolean };

function modulesOf(text: string): Modules {
  const { size, data } = qrcode.create(text, { errorCorrectionLevel: 'L' }).modules;
  return {
    size: size + 2 * MARGIN,
    isDark(x, y) {
      const [column, row] = [x - MARGIN, y - MARGIN];
      return column >= 0 && row >= 0 && column < size && row < size && data[row * size + column] === 1;
    },
  };
}

/** A PNG of one bit per pixel. */
export function qrPng(text: string): Buffer {
  const { size, isDark } = modulesOf(text);
  const width = size * SCALE;
  const rowBytes = Math.ceil(width / 8);
  const rows: Buffer[] = [];
  for (let y = 0; y < size; y += 1) {
    // The first byte names the filter of the row: none.
    const row = Buffer.alloc(rowBytes + 1);
    // A module is 8 pixels wide: one byte.
    for (let x = 0; x < size; x += 1) row[x + 1] = isDark(x, y) ? 0x00 : 0xff;
    for (let again = 0; again < SCALE; again += 1) rows.push(row);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(width, 4);
  header[8] = 1; // bits per pixel; the rest, all 0, is grey without interlace
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

export function qrDataUrl(text: string): string {
  return `data:image/png;base64,${qrPng(text).toString('base64')}`;
}

export function qrSvg(text: string): string {
  const { size, isDark } = modulesOf(text);
  let path = '';
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      if (!isDark(x, y)) continue;
      let end = x + 1;
      while (end < size && isDark(end, y)) end += 1;
      path += `M${x} ${y}h${end - x}v1H${x}z`;
      x = end;
    }
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size * SCALE}" height="${size * SCALE}" shape-rendering="crispEdges">` +
    `<rect width="100%" height="100%" fill="#fff"/><path fill="#000" d="${path}"/></svg>`
  );
}
