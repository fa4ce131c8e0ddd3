/** Sends a file of so many bytes to a host and fetches it from there, and prints the most memory that this process ever had, in bytes. */
import { createReadStream } from 'node:fs';
import { Agent } from 'undici';
import { certificate } from '../../../egress/certificate.fixture.ts';
import { downloadFile } from './download.ts';
import { uploadFile } from './upload.ts';

const [host = '', path = ''] = process.argv.slice(2);
const dispatcher = new Agent({ connect: { ca: certificate } });
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => log };
const uploaded = await uploadFile(
  'document',
  { open: () => createReadStream(path) },
  {
    hosts: () => Promise.resolve({ auth: 'x', hosts: [host], freshUntil: Infinity }),
    dispatcher,
    signal: AbortSignal.timeout(120_000),
    log,
  },
);
const { mediaKey, fileSha256, fileEncSha256, directPath } = uploaded;
const key = { waId: 'A', chat: '902@lid', sender: '902@lid', fromMe: false };
const body = await downloadFile(
  { family: 'document', url: null, directPath, mediaKey, fileSha256, fileEncSha256, key },
  { hosts: [host], dispatcher, signal: AbortSignal.timeout(120_000) },
);
let length = 0;
for await (const piece of body ?? []) length += piece.length;
await dispatcher.destroy();
console.log(JSON.stringify({ length, most: process.resourceUsage().maxRSS * 1024 }));
