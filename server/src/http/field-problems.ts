/** What is wrong with a request, field by field and in plain words. */
import type { z } from 'zod';

export type FieldProblem = { field: string; message: string };

/** Where the value of a schema comes from; its name stands for the whole where no single field is meant. */
export type Source = 'path' | 'query' | 'headers' | 'body';

type Issue = z.core.$ZodIssue;

export function problemsOf(
  issues: readonly Issue[],
  source: Source,
  within: readonly PropertyKey[] = [],
): FieldProblem[] {
  const problems = issues.flatMap((issue) => problemsOfOne(issue, source, [...within, ...issue.path]));
  // One value can break several rules that say the same.
  return problems.filter(
    ({ field, message }, at) => problems.findIndex((p) => p.field === field && p.message === message) === at,
  );
}

function problemsOfOne(issue: Issue, source: Source, path: readonly PropertyKey[]): FieldProblem[] {
  const field = (...last: string[]) => [...path, ...last].map(String).join('.') || source;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: field(key), message: 'is not a known field' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The forms that came nearest to what was sent.
    const fewest = Math.min(...issue.errors.map((form) => form.length));
    const nearest = issue.errors.filter((form) => form.length === fewest);
    const problems = nearest.flatMap((form) => problemsOf(form, source, path));
    return nearest.length === 1
      ? problems
      : problems.map(({ field, message }) => ({ field, message: `${message} in one of the possible forms` }));
  }
  return [{ field: field(), message: issue.message }];
}

/** Zod's words for an issue whose schema brings none of its own; given to `safeParse`. */
export function sentenceFor(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return limit(issue.origin, Number(issue.minimum), 'at least');
    case 'too_big':
      return limit(issue.origin, Number(issue.maximum), 'at most');
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${JSON.stringify(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return 'has the wrong form';
    case 'invalid_union':
      return 'has none of the possible forms';
    default:
      return undefined;
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

function limit(origin: string, value: number, bound: 'at least' | 'at most'): string {
  if (origin === 'string') {
    return bound === 'at least' && value === 1 ? 'must not be empty' : `must have ${bound} ${value} characters`;
  }
  return origin === 'array' || origin === 'set' ? `must have ${bound} ${value} entries` : `must be ${bound} ${value}`;
}
