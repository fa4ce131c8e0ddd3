/** The OpenAPI 3.1 document, from the operations of the contract. */
import { type Answer, ErrorBody, errorCatalogue, type ErrorCode, type Operation, operations } from '@zapfleet/contract';
import { z } from 'zod';
import { errorsOfAll } from './answer-check.ts';

export type OpenApiDocument = {
  openapi: '3.1.0';
  info: object;
  servers: object[];
  tags: { name: string }[];
  security: object[];
  paths: Record<string, Record<string, object>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
};

type Json = Record<string, unknown>;

export function openApiDocument(version: string): OpenApiDocument {
  const all: Operation[] = Object.values(operations);
  const schemas = new Schemas();
  const paths: OpenApiDocument['paths'] = {};
  for (const operation of all) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[operation.method.toLowerCase()] = operationObject(operation, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Zapfleet',
      version,
      description:
        'A fleet of WhatsApp sessions on your own server. Live events also come over Socket.IO at `/socket.io`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(all.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ apiKey: [] }, { bearer: [] }],
    paths,
    components: {
      schemas: schemas.components,
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function operationObject(operation: Operation, schemas: Schemas): object {
  const { id, tag, summary, description, access, params, query, headers, body, file, form } = operation;
  const role = access === 'public' ? [] : [`Needs a key with the role \`${access}\` or above.`];
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [...(description === undefined ? [] : [description]), ...role].join('\n\n'),
    ...(access === 'public' && { security: [] }),
    parameters: [
      ...parameters(params, 'path', schemas),
      ...parameters(query, 'query', schemas),
      ...parameters(headers, 'header', schemas),
    ],
    ...(body && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: {
          'application/json': { schema: schemas.of(body, 'input') },
          ...(form === true && formContent(schemas.of(body, 'input'))),
        },
      },
    }),
    ...(file === true && { requestBody: { required: true, content: fileContent } }),
    responses: responses(operation, schemas),
  };
}

/** A form with the file in it, or the file. */
const fileContent = {
  'multipart/form-data': {
    schema: { type: 'object', properties: { file: { type: 'string', format: 'binary' } }, required: ['file'] },
  },
  '*/*': { schema: { type: 'string', format: 'binary' } },
};

/** All of the body in one field; that its own fields may stand in the form instead is said in words. */
function formContent(message: Json): Record<string, object> {
  const file = { type: 'string', format: 'binary' };
  return { 'multipart/form-data': { schema: { type: 'object', properties: { message, file } } } };
}

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query' | 'header', schemas: Schemas): object[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, ...shape } = schemas.of(field as z.ZodType, 'input');
    return {
      name,
      in: place,
      required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
      ...(description !== undefined && { description }),
      schema: shape,
    };
  });
}

function responses(operation: Operation, schemas: Schemas): Json {
  const good = Object.entries(operation.answers).map(([status, answer]) => [status, response(answer, schemas)]);
  const byStatus = Map.groupBy(errorsOf(operation), (code) => errorCatalogue[code].status);
  const bad = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `\`${code}\`: ${errorCatalogue[code].meaning}`).join('\n\n'),
      content: { 'application/json': { schema: schemas.of(ErrorBody, 'output') } },
    },
  ]);
  return Object.fromEntries([...good, ...bad]) as Json;
}

/** Those it names, and those that any call of its kind can meet. */
function errorsOf({ access, body, params, query, headers, errors }: Operation): ErrorCode[] {
  const possible: Partial<Record<ErrorCode, boolean>> = {
    validation_failed: Boolean(body ?? params ?? query ?? headers),
    unauthorized: access !== 'public',
    forbidden: access !== 'public' && access !== 'viewer',
    request_too_slow: Boolean(body),
    body_too_large: Boolean(body),
    unsupported_media_type: Boolean(body),
    too_many_requests: false,
  };
  return [...new Set([...errors, ...errorsOfAll.filter((code) => possible[code] ?? true)])];
}

function response({ meaning, schema, types = [] }: Answer, schemas: Schemas): object {
  const content: Record<string, object> = {
    ...(schema && { 'application/json': { schema: schemas.of(schema, 'output') } }),
  };
  for (const type of types) {
    content[type] = { schema: type === '*/*' ? { type: 'string', format: 'binary' } : { type: 'string' } };
  }
  return { description: meaning, ...(Object.keys(content).length > 0 && { content }) };
}

/** Turns zod schemas into JSON schemas; one with an id stands once, among the components. */
class Schemas {
  readonly components: Record<string, object> = {};

  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const {
      $defs,
      $schema: _,
      ...shape
    } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as Json;
    for (const [id, definition] of Object.entries(($defs ?? {}) as Record<string, Json>)) this.#keep(id, definition);
    const { id, ...rest } = relinked(shape) as Json;
    if (typeof id !== 'string') return rest;
    this.#keep(id, rest);
    return { $ref: `#/components/schemas/${id}` };
  }

  #keep(id: string, definition: Json): void {
    const { id: _, ...rest } = relinked(definition) as Json;
    this.components[id] ??= rest;
  }
}

/** `#/$defs/Session` → `#/components/schemas/Session`. */
function relinked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relinked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === '$ref' && typeof part === 'string' ? part.replace('#/$defs/', '#/components/schemas/') : relinked(part),
    ]),
  );
}
