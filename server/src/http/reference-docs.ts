/** The generated documents for people: errors and events, from the catalogues of the contract; engines, from what they say of themselves. */
import {
  errorCatalogue,
  eventCatalogue,
  eventExamples,
  eventTypes,
  operations,
  type Operation,
} from '@zapfleet/contract';
import { z } from 'zod';
import { capabilities, type Engine } from '../ports/engine.ts';
import { errorsOfAll } from './answer-check.ts';

const generatedFrom = (folder: string): string =>
  `<!-- Written by \`npm run generate\`; changes belong into ${folder}. -->`;
const generated = generatedFrom('contract/');

export function errorsDocument(): string {
  const rows = Object.entries(errorCatalogue)
    .sort(([, a], [, b]) => a.status - b.status)
    .map(([code, { status, meaning }]) => `| ${status} | \`${code}\` | ${cell(meaning)} | ${cell(raisedBy(code))} |`);
  return `# Errors

${generated}

Every error has the same shape. Programs go by \`code\`; \`message\` is for people and may change.

\`\`\`json
{ "error": { "code": "session_not_found", "message": "No session with this id or name in your tenant.", "details": {} } }
\`\`\`

| Status | Code | Meaning | Operations |
|---|---|---|---|
${rows.join('\n')}
`;
}

/** What each engine says that it can do; everything else is answered 501. */
export function enginesDocument(engines: readonly Pick<Engine, 'name' | 'capabilities'>[]): string {
  const rows = capabilities.map((capability) => {
    const marks = engines.map((engine) => (engine.capabilities.has(capability) ? '✓' : '–'));
    return `| \`${capability}\` | ${marks.join(' | ')} |`;
  });
  return `# Engines

${generatedFrom('server/src/engines/')}

An engine carries a session; each session chooses one (\`engine\`, fixed at creation), and one fleet mixes them. \`GET /engines\` says which are usable on this
server, and what is missing where one is not. A call that an engine cannot do is answered 501 \`not_supported_by_engine\`;
\`GET /sessions/:id/capabilities\` says so beforehand.

| Capability | ${engines.map(({ name }) => `\`${name}\``).join(' | ')} |
|---|${engines.map(() => '---').join('|')}|
${rows.join('\n')}
`;
}

function raisedBy(code: string): string {
  if (errorsOfAll.some((any) => any === code)) return 'any';
  const ids = Object.values<Operation>(operations)
    .filter(({ errors }) => errors.some((error) => error === code))
    .map(({ id }) => `\`${id}\``);
  return ids.length > 0 ? ids.join(', ') : '–';
}

export function eventsDocument(): string {
  const sections = eventTypes.map((type) => {
    const { meaning, data } = eventCatalogue[type];
    return `## \`${type}\`\n\n${meaning}\n\n| Field of \`data\` | Type | |\n|---|---|---|\n${fieldRows(data).join('\n')}\n\n${example(eventExamples[type])}`;
  });
  return `# Events

${generated}

One envelope for all, the same bytes on every channel: \`GET /events\`, \`GET /events/stream\` (SSE) and \`event\` over Socket.IO. Events are kept
for 7 days. \`seq\` grows; whoever remembers the last one can go on from there: \`?after=\`, \`Last-Event-ID\`, or \`lastSeq\` with \`subscribe:session\`.

Where some of what was missed since then is kept no more, nothing is passed over in silence: \`GET /events\` answers 410 \`events_gone\`; a stream
begins with \`event: gap\`, and Socket.IO says \`gap\`, each with \`{"after", "oldest", "newest"}\` (\`sessionId\` too over Socket.IO), and goes on with
what there is.

\`\`\`json
{
  "id": "evt_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC", "seq": 42, "type": "session.qr", "version": 1, "occurredAt": "2026-11-21T09:30:00.000Z",
  "tenantId": "ten_00000000000000000000000000", "session": { "id": "ses_01JD7Z8Y4QK3V5W6X7Y8Z9A0BC", "name": "shop-1" },
  "data": { "attempt": 1, "expiresAt": "2026-11-21T09:31:00.000Z" }
}
\`\`\`

Types in capitals (\`Session\`, \`Message\`, …) are the schemas of [openapi.json](openapi.json).

${sections.join('\n')}`;
}

function example(data: object): string {
  return `\`\`\`json\n${JSON.stringify(data, null, 2)}\n\`\`\`\n`;
}

type Shape = {
  type?: string | string[];
  $ref?: string;
  anyOf?: Shape[];
  enum?: unknown[];
  items?: Shape;
  description?: string;
  id?: string;
};

function fieldRows(data: z.ZodType): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(data, { io: 'output', unrepresentable: 'any' }) as {
    properties?: Record<string, Shape>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, shape]) => {
    const optional = required.includes(name) ? '' : ', optional';
    return `| \`${name}\` | ${typeName(shape)}${optional} | ${cell(shape.description ?? '')} |`;
  });
}

function typeName({ type, $ref, anyOf, enum: values, items }: Shape): string {
  if ($ref !== undefined) return `\`${$ref.split('/').at(-1) ?? ''}\``;
  if (anyOf) return [...new Set(anyOf.map(typeName))].join(' or ');
  if (values) return values.map((value) => `\`${String(value)}\``).join(' or ');
  if (items) return `list of ${typeName(items)}`;
  return Array.isArray(type) ? type.join(' or ') : (type ?? 'any');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
