// Calls of the HTTP interface with the key of this tab.
import { word } from './words.js';

const KEY = 'zapfleet.key';
export const savedKey = () => sessionStorage.getItem(KEY);
export const saveKey = (key) => sessionStorage.setItem(KEY, key);
export const forgetKey = () => sessionStorage.removeItem(KEY);

/** A refusal in words for people; `code` is the catalogue's, or `unreachable`. */
export class Refused extends Error {
  constructor(code, message, details = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** Answers the body; throws `Refused` and nothing else. */
export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        'x-api-key': savedKey() ?? '',
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Refused('unreachable', word('error.unreachable'));
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const { code = 'unreachable', message = response.statusText, details = {} } = answer?.error ?? {};
  // What is wrong with which field is only in the server's own sentence.
  const words = word(`error.${code}`, {}, code === 'validation_failed' ? '' : message);
  throw new Refused(code, code === 'validation_failed' ? `${words} ${message}`.trim() : words, details);
}

/** All pages of a list, up to `most` entries. */
export async function list(path, most = 5000) {
  const entries = [];
  let cursor = null;
  do {
    const join = path.includes('?') ? '&' : '?';
    const from = cursor === null ? '' : `&${path.includes('/messages') ? 'after' : 'cursor'}=${encodeURIComponent(cursor)}`;
    const page = await call('GET', `${path}${join}limit=1000${from}`);
    entries.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null && entries.length < most);
  return entries;
}
