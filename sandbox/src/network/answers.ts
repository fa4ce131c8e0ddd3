import { SERVER, type Stanza, el } from '../wire/stanza.ts';

/** What a query gets: elements, or a refusal with the network's numbers. */
export type Answer = readonly Stanza[] | Refusal;
export type Refusal = { readonly code: number; readonly text: string };

export const NOT_IMPLEMENTED: Refusal = { code: 501, text: 'feature-not-implemented' };
export const BAD_REQUEST: Refusal = { code: 400, text: 'bad-request' };
export const FORBIDDEN: Refusal = { code: 403, text: 'forbidden' };
export const NOT_FOUND: Refusal = { code: 404, text: 'item-not-found' };

export function answerStanza(query: Stanza, answer: Answer): Stanza {
  const attributes = { from: query.attrs['to'] ?? SERVER, id: query.attrs['id'] };
  if ('code' in answer) {
    return el('iq', { ...attributes, type: 'error' }, [el('error', { code: answer.code, text: answer.text })]);
  }
  return el('iq', { ...attributes, type: 'result' }, answer.length === 0 ? undefined : [...answer]);
}

export function isRefusal(answer: object): answer is Refusal {
  return 'code' in answer;
}
