import { type Operation, operations } from '@zapfleet/contract';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from './openapi.ts';

const text = JSON.stringify(openApiDocument('1.2.3'));
/** As strict as the specification where we use it: what is not named here must not be there. */
const Schema = z.union([z.boolean(), z.record(z.string(), z.unknown())]);
const Content = z.record(z.string().regex(/^([\w.+-]+\/[\w.+-]+|\*\/\*)$/), z.strictObject({ schema: Schema }));
const Parameter = z.strictObject({
  name: z.string().min(1),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  description: z.string().optional(),
  schema: Schema,
});
const OperationObject = z.strictObject({
  operationId: z.string().regex(/^\w+$/),
  tags: z.array(z.string()).length(1),
  summary: z.string().min(1),
  description: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(Parameter),
  requestBody: z.strictObject({ required: z.boolean(), content: Content }).optional(),
  responses: z.record(
    z.string().regex(/^[1-5]\d\d$/),
    z.strictObject({ description: z.string().min(1), content: Content.optional() }),
  ),
});
const Document = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.literal('1.2.3'),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  tags: z.array(z.strictObject({ name: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(z.enum(['get', 'post', 'patch', 'delete']), OperationObject),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[A-Za-z0-9._-]+$/), z.record(z.string(), z.unknown())),
    securitySchemes: z.strictObject({
      apiKey: z.strictObject({ type: z.literal('apiKey'), in: z.literal('header'), name: z.string() }),
      bearer: z.strictObject({ type: z.literal('http'), scheme: z.literal('bearer') }),
    }),
  }),
});

describe('the OpenAPI document', () => {
  const document = Document.parse(JSON.parse(text));
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

  it('describes every operation of the contract once', () => {
    expect(all.map(({ operation }) => operation.operationId).sort()).toEqual(Object.keys(operations).sort());
  });

  it('leads every reference somewhere', () => {
    for (const [, name] of text.matchAll(/"\$ref":"([^"]+)"/g)) {
      const [, component] = /^#\/components\/schemas\/(\w+)$/.exec(name ?? '') ?? [];
      expect(document.components.schemas, name).toHaveProperty(component ?? 'a component');
    }
    expect(text).not.toContain('$defs');
  });

  it('declares each parameter of a path, as required, and no parameter twice', () => {
    for (const { path, operation } of all) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      expect(declared.every(({ required }) => required)).toBe(true);
      const names = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('says of each operation whether it needs a key, and what it answers when there is none', () => {
    for (const { operation } of all) {
      const { access }: Operation = operations[operation.operationId as keyof typeof operations];
      expect(operation.security).toEqual(access === 'public' ? [] : undefined);
      // Logging in has a refusal of its own kind.
      if (access !== 'public') expect(operation.responses).toHaveProperty('401');
    }
  });

  it('has schemas that can be read as JSON schema', () => {
    const $defs = JSON.parse(
      JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/'),
    ) as Record<string, object>;
    for (const name of Object.keys($defs)) {
      const read = z.fromJSONSchema({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $ref: `#/$defs/${name}`,
        $defs,
      } as never);
      expect(() => read.safeParse({}), name).not.toThrow();
    }
  });

  it('names the types of answers that are not JSON', () => {
    expect(Object.keys(document.paths['/sessions/{id}/qr']?.get?.responses['200']?.content ?? {})).toEqual([
      'application/json',
      'image/png',
      'image/svg+xml',
      'text/plain',
    ]);
    expect(document.paths['/events/stream']?.get?.responses['200']?.content).toHaveProperty('text/event-stream');
  });
});
