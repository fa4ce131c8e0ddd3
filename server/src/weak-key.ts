/** Why a master key must not be used, as the end of a sentence that begins with its name; null when it may. */
export function weaknessOf(key: string): string | null {
  if (key.length < MIN_LENGTH) return `must have at least ${MIN_LENGTH} characters`;
  if (!/^[\x21-\x7e]+$/.test(key))
    return 'may hold only printable ASCII characters without spaces: it travels in a header';
  if (
    wellKnown.has(key.toLowerCase()) ||
    /change[-_ ]?(me|this)|replace[-_ ]?(me|this)|your[-_ ]?(api|secret|key)/i.test(key)
  ) {
    return 'is a well-known default; take one of your own';
  }
  if (new Set(key).size < MIN_DISTINCT)
    return `repeats itself; it must have at least ${MIN_DISTINCT} different characters`;
  return null;
}

const MIN_LENGTH = 32;
const MIN_DISTINCT = 8;

/** Keys that stand in documentation and examples of gateways, and what people type to fill 32 places. */
const wellKnown = new Set([
  '429683c4c977415caafcce10f7d57e11',
  'b6d711fcde4d4fd5936544120e713976',
  '0123456789abcdef0123456789abcdef',
  '0123456789abcdefghijklmnopqrstuvwxyz',
  'abcdefghijklmnopqrstuvwxyz012345',
  'abcdefghijklmnopqrstuvwxyz123456',
  '12345678901234567890123456789012',
  'd41d8cd98f00b204e9800998ecf8427e',
  '5f4dcc3b5aa765d61d8327deb882cf99',
]);
