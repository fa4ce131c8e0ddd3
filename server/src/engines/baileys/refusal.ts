/** A refusal by WhatsApp's server, as Baileys throws it when it answers a query with an error. */
import { EngineRefused } from '../../ports/engine.ts';

export type Refusal = { code: number; text: string; isTemporary: boolean };

/** Of these another attempt may be answered otherwise. */
const temporary = new Set([408, 429, 500, 503]);

/** Null where it is an error of another kind: the link is gone, the answer did not come. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof Error) || !('isBoom' in error) || !('data' in error)) return null;
  const code = codeIn(error.data);
  return code === null ? null : { code, text: error.message, isTemporary: temporary.has(code) };
}

/** Rejects with `EngineRefused` where WhatsApp says no. */
export async function orRefused<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const refusal = refusalOf(error);
    throw refusal ? new EngineRefused(refusal.code, refusal.text) : error;
  }
}

/** The number itself, or the stanza that carries it. */
function codeIn(data: unknown): number | null {
  if (typeof data === 'number') return Number.isInteger(data) ? data : null;
  if (typeof data !== 'object' || data === null || !('attrs' in data)) return null;
  const { attrs } = data;
  if (typeof attrs !== 'object' || attrs === null || !('code' in attrs)) return null;
  const code = Number(attrs.code);
  return Number.isInteger(code) ? code : null;
}
