// The messages of the session that is shown, with their statuses, and the box to send one.
import { call, list } from './api.js';
import { byId, element, fillChat, onSubmit, sendOnEnter } from './dom.js';
import { currentLanguage, word } from './words.js';

/** More are not shown: this page is for looking. */
const MOST = 200;

const order = ['queued', 'sending', 'sent', 'delivered', 'read', 'played', 'failed', 'expired', 'cancelled'];

let sessionId = null;
const messages = new Map();

/** An answer can be older than an event that came meanwhile: a status only goes forward. */
function keep(message) {
  const known = messages.get(message.id);
  if (!known || order.indexOf(known.status) <= order.indexOf(message.status)) messages.set(message.id, message);
}

export function prepareConversation() {
  sendOnEnter(byId('text'));
  onSubmit(byId('send'), byId('send-error'), async () => {
    const at = sessionId;
    const text = byId('text').value;
    const sent = await call('POST', `/sessions/${at}/messages`, { to: byId('to').value, text });
    if (byId('text').value === text) byId('text').value = '';
    await refreshMessage(at, sent.id);
  });
}

/** Loads what the session has; the same session again loads what was missed. */
export async function openConversation(id) {
  if (sessionId !== id) {
    sessionId = id;
    messages.clear();
    byId('send-error').textContent = '';
    byId('to').value = '';
    showConversation();
  }
  const loaded = await list(`/sessions/${id}/messages`);
  if (sessionId !== id) return;
  loaded.forEach(keep);
  showConversation();
}

/** A message event of the log. */
export async function noteMessageEvent({ session, data }) {
  if (session.id !== sessionId) return;
  const known = messages.get(data.messageId);
  if (data.message) keep(data.message);
  else if (known) keep({ ...known, status: data.status, ...(data.error && { error: data.error }) });
  else return refreshMessage(session.id, data.messageId);
  showConversation();
}

async function refreshMessage(at, id) {
  const message = await call('GET', `/messages/${id}`);
  if (sessionId !== at) return;
  keep(message);
  showConversation();
}

export function showConversation() {
  const sorted = [...messages.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(-MOST);
  fillChat(byId('conversation'), sorted.map(bubble), word('noMessages'));
}

function bubble(message) {
  const mine = message.direction === 'out';
  const person = mine ? message.to : message.from;
  const who = person.phoneNumber ? `+${person.phoneNumber}` : person.jid;
  const about = [
    `${mine ? '→' : '←'} ${who}`,
    timeOf(message.timestamp),
    mine && word(`status.${message.status}`),
    message.error?.reason,
  ];
  const text = message.content.type === 'text' ? message.content.text : word('unsupported', { kind: message.content.kind });
  return element('p', { class: mine ? 'bubble mine' : 'bubble' }, text, element('small', {}, about.filter(Boolean).join(' · ')));
}

export const timeOf = (time) => new Date(time).toLocaleTimeString(currentLanguage(), { hour: '2-digit', minute: '2-digit' });
