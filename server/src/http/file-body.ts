/** Bodies that are files: forms with a part named `file`, or the bytes themselves. They are read as they come, by the handler. */
import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GatewayError } from '../domain/gateway-error.ts';
import { bareType } from '../domain/media.ts';
import type { Upload } from '../messages/media/library-api.ts';
import { invalid } from './route.ts';

/** The part of a form that holds its file. */
export const PART = 'file';
/** What programs say that do not know what they send. */
const SAYS_NOTHING: readonly string[] = ['', 'application/octet-stream', 'application/x-www-form-urlencoded'];
/** How long a client may go on sending what is wanted no more, before its connection is cut. */
const DRAIN_MS = 30_000;
/** Bytes of one field, and characters of all of them: what is large is a file. */
const FIELD_LIMIT = 1024 * 1024;
const FIELDS_LIMIT = 4 * FIELD_LIMIT;

export type FileForm<T> = {
  /** What became of the file; undefined: there was none. */
  kept: T | undefined;
  /** Each with what it says, as often as it is there. */
  fields: Map<string, string[]>;
  /** Parts with files that are not the one; what they hold is not kept. */
  strangers: string[];
};

/** Lets the routes of this scope, and of no other, take files as bodies. */
export async function takeFiles(scope: FastifyInstance): Promise<void> {
  await scope.register(multipart, {
    limits: { fileSize: Number.POSITIVE_INFINITY, files: 10, parts: 200, fieldSize: FIELD_LIMIT },
  });
}

/** Also the bytes themselves, of whatever type. */
export function takeBytes(scope: FastifyInstance): void {
  scope.removeContentTypeParser('application/json');
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}

/** Hands the file to `keep`, as it comes. Throws `validation_failed` where there is none, or it ends early. */
export async function readFile<T>(
  request: FastifyRequest,
  filename: string | undefined,
  keep: (upload: Upload) => Promise<T>,
): Promise<T> {
  if (request.isMultipart()) {
    const { kept } = await readForm(request, keep);
    if (kept === undefined) throw invalid([{ field: 'body', message: `must have a part named "${PART}"` }]);
    return kept;
  }
  const { body } = request;
  if (!isStream(body)) throw invalid([{ field: 'body', message: 'must be a file' }]);
  // Whoever stops reading must not end the request with it: it has to hear why.
  const bytes = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  return guarded(request, () =>
    keep({ bytes, mimetype: said(request.headers['content-type']), filename: filename ?? null }),
  );
}

/** A form with fields and one file, in any order. */
export function readForm<T>(request: FastifyRequest, keep: (upload: Upload) => Promise<T>): Promise<FileForm<T>> {
  return guarded(request, async () => {
    const form: FileForm<T> = { kept: undefined, fields: new Map(), strangers: [] };
    let size = 0;
    const add = (name: string, value: string, isCut: boolean): void => {
      size += value.length;
      if (isCut || size > FIELDS_LIMIT) throw new GatewayError('body_too_large');
      form.fields.set(name, [...(form.fields.get(name) ?? []), value]);
    };
    for await (const part of request.parts()) {
      if (part.type === 'field') {
        const { value } = part;
        add(part.fieldname, typeof value === 'string' ? value : JSON.stringify(value), part.valueTruncated);
      } else if (part.fieldname === PART) {
        if (form.kept !== undefined) throw invalid([{ field: PART, message: 'must be there once' }]);
        form.kept = await keep({ bytes: part.file, mimetype: said(part.mimetype), filename: unescaped(part.filename) });
      } else if (bareType(part.mimetype) === 'application/json') {
        // A page that names the type of a field has to make a file of it.
        const { text, isCut } = await shortText(part.file);
        add(part.fieldname, text, isCut);
      } else {
        form.strangers.push(part.fieldname);
        part.file.resume();
      }
    }
    return form;
  });
}

async function shortText(bytes: AsyncIterable<Buffer>): Promise<{ text: string; isCut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > FIELD_LIMIT) return { text: '', isCut: true };
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString(), isCut: false };
}

async function guarded<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> {
  const { raw } = request;
  try {
    return await work();
  } catch (error) {
    if (raw.destroyed && !raw.readableEnded) throw invalid([{ field: 'body', message: 'ended early' }]);
    // The answer leaves now; whoever does not look at it yet may go on for a while.
    raw.unpipe();
    raw.resume();
    const cut = setTimeout(() => raw.destroy(), DRAIN_MS).unref();
    raw.once('close', () => clearTimeout(cut));
    throw isMalformed(error) ? invalid([{ field: 'body', message: 'is not a form that can be read' }]) : error;
  }
}

/** What the reader of forms itself refuses; it gives some of its errors no code. */
function isMalformed(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof GatewayError) return false;
  return 'statusCode' in error || /multipart|part terminated|boundary/i.test(error.message);
}

/** Browsers write these three, and no others, as if they stood in an address. */
function unescaped(filename: string): string {
  return filename.replace(/%(22|0D|0A)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function said(type: string | undefined): string | undefined {
  return type === undefined || SAYS_NOTHING.includes(bareType(type)) ? undefined : type;
}

function isStream(body: unknown): body is Readable {
  return body instanceof Readable;
}
