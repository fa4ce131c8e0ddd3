// The list of sessions. Rows stay the same elements while they change, so that the focus is not lost.
import { byId, element } from './dom.js';
import { word } from './words.js';

const rows = new Map();

export function showList(sessions, selectedId, onPick) {
  byId('sessions-note').textContent = sessions.length === 0 ? word('noSessions') : '';
  const wanted = sessions.map((session) => {
    const row = rows.get(session.id) ?? makeRow(session.id, onPick);
    row.name.textContent = session.label ?? session.name;
    const isDegraded = session.health?.status === 'degraded';
    row.state.textContent = [word(`state.${session.state}`), isDegraded && word('degraded')].filter(Boolean).join(' · ');
    row.state.dataset.state = session.state;
    row.button.setAttribute('aria-current', String(session.id === selectedId));
    return row.item;
  });
  const list = byId('session-list');
  // Setting the same children again would take the focus away.
  if (wanted.length !== list.children.length || wanted.some((item, at) => item !== list.children[at]))
    list.replaceChildren(...wanted);
}

function makeRow(id, onPick) {
  const name = element('strong');
  const state = element('span', { class: 'state' });
  const button = element('button', { type: 'button', class: 'pick', onclick: () => onPick(id) }, name, state);
  const row = { name, state, button, item: element('li', {}, button) };
  rows.set(id, row);
  return row;
}
