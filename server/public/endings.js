// Logging out and deleting: asked twice, and told what came of it.
import { call } from './api.js';
import { attempt, byId, element } from './dom.js';
import { word } from './words.js';

let told = null;

/** `current` answers the session that is shown; `onEnd` gets its id, and whether it is gone. */
export function prepareEndings(current, onEnd) {
  const verbs = { logout: ['POST', '/logout'], delete: ['DELETE', ''] };
  for (const [verb, [method, path]] of Object.entries(verbs)) {
    byId(verb).addEventListener('click', ({ currentTarget }) =>
      attempt(currentTarget, byId('session-error'), async () => {
        const { id, name } = current();
        if (!globalThis.confirm(word(`${verb}Confirm`, { name }))) return;
        told = { verb, name, receipt: await call(method, `/sessions/${id}${path}`) };
        showReceipt();
        byId('receipt').focus();
        await onEnd(id, verb === 'delete' && isOver(told.receipt));
      }),
    );
  }
}

export function forgetReceipt() {
  told = null;
  showReceipt();
}

/** In words, because an unlink that nobody confirmed is for a person to finish. */
export function showReceipt() {
  const place = byId('receipt');
  place.hidden = told === null;
  if (told === null) return;
  const { verb, name, receipt } = told;
  const over = isOver(receipt);
  const title = word(over ? `${verb}Done` : 'endingGoesOn', { name });
  const steps = receipt.steps.map(({ name: step, outcome, detail }) =>
    element('li', {}, [word(`step.${step}`), word(`outcome.${outcome}`), detail].filter(Boolean).join(' · ')),
  );
  const meaning = over ? word(`unlinked.${receipt.unlinked}`) : '';
  place.replaceChildren(element('strong', {}, title), ` ${meaning}`, element('ul', {}, ...steps));
}

const isOver = ({ steps }) => steps.every(({ outcome }) => outcome !== 'pending');
