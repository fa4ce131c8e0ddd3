/** Reads `Accept`. */

/** Which of `types` the caller likes best; the first one where it does not say, or likes none of them. */
export function preferredType<T extends string>(accept: string | undefined, types: readonly [T, ...T[]]): T {
  if (accept === undefined) return types[0];
  let best: { type: T; quality: number } | null = null;
  for (const type of types) {
    const quality = qualityOf(type, accept);
    // The order of `types` decides between equals.
    if (quality > 0 && (best === null || quality > best.quality)) best = { type, quality };
  }
  return best?.type ?? types[0];
}

/** The quality that the most exact range for this type gives it; 0 when none covers it. */
function qualityOf(type: string, accept: string): number {
  const [group = ''] = type.split('/');
  let found = { exactness: 0, quality: 0 };
  for (const part of accept.split(',')) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const exactness = range === type ? 3 : range === `${group}/*` ? 2 : range === '*/*' ? 1 : 0;
    if (exactness > found.exactness) found = { exactness, quality: weightOf(parameters) };
  }
  return found.quality;
}

function weightOf(parameters: readonly string[]): number {
  const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return Number.isFinite(weight) ? weight : 0;
}
