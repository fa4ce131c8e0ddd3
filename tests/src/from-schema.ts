/** Arbitrary inputs for a schema: mostly such as fit it, some that do not. */
import fc from 'fast-check';
import { z } from 'zod';

type JsonSchema = {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  minItems?: number;
  minimum?: number;
  maximum?: number;
  examples?: unknown[];
};

/** What breaks programs that trust their callers. */
export const hostileTexts = [
  '',
  ' ',
  '..',
  '../../../../etc/passwd',
  '%2e%2e%2f',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '👩‍👩‍👧‍👦'.repeat(50),
  "' or 1=1 --",
  '"; drop table sessions; --',
  '<script>alert(1)</script>',
  '${jndi:ldap://127.0.0.1/a}',
  '__proto__',
  'constructor',
  'NaN',
  '-1',
  '1e309',
  '9'.repeat(400),
  'x'.repeat(70_000),
  '\u202egnp.exe',
  '\r\nSet-Cookie: a=b',
  '%',
  '*',
  '_',
];

const json = fc.jsonValue({ maxDepth: 3 });
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom(...hostileTexts));

export function fromSchema(schema: z.ZodType): fc.Arbitrary<unknown> {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return arbitrary(root, root);
}

function arbitrary(schema: JsonSchema, root: JsonSchema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: fitting(schema, root) }, { weight: 1, arbitrary: fc.oneof(json, text) });
}

function fitting(schema: JsonSchema, root: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/$defs/', '');
    return fitting(schema.$ref === '#' ? root : (root.$defs?.[name] ?? {}), root);
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return fc.oneof(...options.map((option) => fitting(option, root)));
  if (schema.allOf) return fitting(Object.assign({}, ...schema.allOf) as JsonSchema, root);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'object':
      return object(schema, root);
    case 'array':
      return fc.array(arbitrary(schema.items ?? {}, root), { minLength: schema.minItems ?? 0, maxLength: 4 });
    case 'string':
      return schema.examples ? fc.oneof(text, fc.constantFrom(...schema.examples)) : text;
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.integer({ min: Math.max(schema.minimum ?? -5, -1e9), max: Math.min(schema.maximum ?? 1e6, 1e9) }),
        fc.constantFrom(0, -1, 1.5, 2 ** 53, 1e308),
      );
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return json;
  }
}

function object({ properties = {}, required = [], additionalProperties }: JsonSchema, root: JsonSchema) {
  const known = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, arbitrary(one, root)]));
  const fields = fc.record(known, { requiredKeys: required.filter((name) => name in known) });
  if (typeof additionalProperties !== 'object') return fields;
  return fc
    .tuple(fields, fc.dictionary(text, arbitrary(additionalProperties, root), { maxKeys: 3 }))
    .map(([some, more]) => ({ ...more, ...some }));
}
