/** A message as a form: field by field or as JSON in one field, and the file that it carries in a part of its own. */
import { SendMessage } from '@zapfleet/contract';
import type { FastifyRequest } from 'fastify';
import type { MediaRecord } from '../domain/media.ts';
import type { Upload } from '../messages/media/library-api.ts';
import { type FieldProblem, problemsOf, sentenceFor } from './field-problems.ts';
import { type FileForm, PART, readForm } from './file-body.ts';
import { parsed, readFields, readingsOf } from './form-fields.ts';
import { invalid } from './route.ts';

export type FormFiles = {
  keep(upload: Upload): Promise<MediaRecord>;
  /** The message has the file for itself, or there is no message: nobody can name the upload. */
  discard(record: MediaRecord): Promise<void>;
};

/** `file`: what tells it from others, for who compares two requests. */
export type MessageInForm = { message: SendMessage; file: object | null };

const WHOLE = 'message';
const readings = readingsOf(SendMessage.options.map(({ shape }) => shape));

/** Hands what the form says to `use`. Throws `validation_failed` with every field that is wrong, and what `keep` throws. */
export async function takeMessageForm<T>(
  request: FastifyRequest,
  { keep, discard }: FormFiles,
  use: (given: MessageInForm) => Promise<T>,
): Promise<T> {
  const kept: MediaRecord[] = [];
  try {
    const form = await readForm(request, async (upload) => {
      const record = await keep(upload);
      kept.push(record);
      return record;
    });
    return await use({ message: messageIn(form), file: form.kept ? traitsOf(form.kept) : null });
  } finally {
    for (const record of kept) await discard(record);
  }
}

function messageIn({ fields, kept, strangers }: FileForm<MediaRecord>): SendMessage {
  const problems: FieldProblem[] = strangers.map((field) => ({ field, message: 'is not a known field' }));
  const said = fields.has(WHOLE) ? wholeOf(fields, problems) : readFields(fields, readings);
  const brings = 'media' in said;
  if (kept && brings) problems.push({ field: 'media', message: `must not be there beside "${PART}"` });
  const result = SendMessage.safeParse(kept ? { ...said, media: { uploadId: kept.id } } : said, { error: sentenceFor });
  if (!result.success) {
    const found = problemsOf(result.error.issues, 'body');
    problems.push(...(brings ? found : found.map(aboutFile)));
  }
  if (!result.success || problems.length > 0) throw invalid(problems);
  return result.data;
}

/** All of the message in one field. */
function wholeOf(fields: FileForm<MediaRecord>['fields'], problems: FieldProblem[]): Record<string, unknown> {
  for (const field of fields.keys()) {
    if (field !== WHOLE) problems.push({ field, message: `must be in "${WHOLE}" where there is one` });
  }
  const written = fields.get(WHOLE) ?? [];
  const whole = written.length === 1 ? parsed(written[0] ?? '') : null;
  if (typeof whole === 'object' && whole !== null && !Array.isArray(whole)) return whole as Record<string, unknown>;
  throw invalid([...problems, { field: WHOLE, message: 'must be an object in JSON' }]);
}

/** In a form the file stands for `media`. */
function aboutFile({ field, message }: FieldProblem): FieldProblem {
  if (field !== 'media') return { field, message };
  return { field: PART, message: message === 'is required' ? message : 'is nothing that this type of message carries' };
}

function traitsOf({ sha256, filename, mimetype }: MediaRecord): object {
  return { sha256, filename, mimetype };
}
