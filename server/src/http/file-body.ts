/** Bodies that are files: forms with a part named `file`, or the bytes themselves. They are read as they come, by the handler. */
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GatewayError } from '../domain/gateway-error.ts';
import { bareType } from '../domain/media.ts';
import type { Upload } from '../messages/media/library-api.ts';
import { invalid } from './route.ts';

const PART = 'file';
/** What programs say that do not know what they send. */
const SAYS_NOTHING: readonly string[] = ['', 'application/octet-stream', 'application/x-www-form-urlencoded'];
/** How long a client may go on sending what is wanted no more, before its connection is cut. */
const DRAIN_MS = 30_000;

export type FileForm<T> = {
  /** What became of the file; undefined: there was none. */
  kept: T | undefined;
  fields: Map<string, string>;
};

/** Lets the routes of this scope, and of no other, take files as bodies. */
export async function takeFiles(scope: FastifyInstance): Promise<void> {
  await scope.register(multipart, {
    limits: { fileSize: Number.POSITIVE_INFINITY, files: 1, parts: 100, fieldSize: 65_536 },
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
  return guarded(request, () =>
    keep({ bytes: body, mimetype: said(request.headers['content-type']), filename: filename ?? null }),
  );
}

/** A form with fields and one file, in any order. */
export function readForm<T>(request: FastifyRequest, keep: (upload: Upload) => Promise<T>): Promise<FileForm<T>> {
  return guarded(request, async () => {
    const form: FileForm<T> = { kept: undefined, fields: new Map() };
    for await (const part of request.parts()) {
      if (part.type === 'field') form.fields.set(part.fieldname, String(part.value));
      else if (part.fieldname === PART) {
        form.kept = await keep({ bytes: part.file, mimetype: said(part.mimetype), filename: unescaped(part.filename) });
      } else part.file.resume();
    }
    return form;
  });
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

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
