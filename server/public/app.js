// Puts the parts of the page together: the key, the list, the chosen session and what comes live.
import { call, forgetKey, list, savedKey, saveKey } from './api.js';
import { noteMessageEvent, openConversation, prepareConversation, showConversation } from './conversation.js';
import { attempt, byId, oneAtATime, onSubmit } from './dom.js';
import { forgetReceipt, prepareEndings, showReceipt } from './endings.js';
import { goLive } from './live.js';
import { openPhones, preparePhones, refreshScreen, sandboxIsHere, scanWithPhone, showPhone } from './phone.js';
import { prepareSessionCard, showQr, showSession } from './session-card.js';
import { showList } from './session-list.js';
import { currentLanguage, useLanguage, word } from './words.js';

const LANGUAGE = 'zapfleet.language';
const sessions = new Map();
let live = null;
let sandbox = false;

const selected = () => sessions.get(location.hash.slice(1));
const fromSandbox = (session) => sandbox && session.network === 'sandbox';

function render() {
  const session = selected();
  showList([...sessions.values()].reverse(), session?.id, (id) => {
    location.hash = id;
    byId('session-name').focus();
  });
  byId('session').hidden = !session;
  if (!session) return;
  showSession(session);
  byId('scan').hidden = !fromSandbox(session);
  byId('talk').hidden = !session.linked && session.connectedAt === null;
}

/** What belongs to the chosen session and is not part of it. */
async function openSelected() {
  render();
  const session = selected();
  if (!session) return openPhones(null);
  const place = byId('send-error');
  await Promise.all([
    openConversation(session.id).catch((error) => (place.textContent = error.message)),
    openPhones(fromSandbox(session) ? session : null),
  ]);
}

function keep(session) {
  if (gone.has(session.id)) return;
  sessions.set(session.id, session);
  render();
}

/** An answer that was on its way when the session went must not bring it back. */
const gone = new Set();

function drop(id) {
  gone.add(id);
  sessions.delete(id);
  refreshers.delete(id);
  render();
}

const refreshers = new Map();

/** The session as it is now: one truth, asked again whenever an event tells that it changed. */
function refreshSession(id) {
  const refresh = async () => {
    try {
      keep(await call('GET', `/sessions/${id}`));
    } catch (error) {
      if (error.code === 'session_not_found') drop(id);
    }
  };
  if (!refreshers.has(id)) refreshers.set(id, oneAtATime(refresh));
  return refreshers.get(id)();
}

async function loadSessions() {
  const loaded = await list('/sessions');
  sessions.clear();
  for (const session of loaded) if (!gone.has(session.id)) sessions.set(session.id, session);
  return loaded;
}

/** Subscribes first and loads then, so that nothing falls between the two. */
const catchUp = oneAtATime(async () => {
  byId('offline').hidden = true;
  byId('session-error').textContent = '';
  try {
    const known = await loadSessions();
    await Promise.all(known.map((session) => live.subscribe(session.id)));
    await loadSessions();
    await openSelected();
  } catch (error) {
    byId('sessions-note').textContent = error.message;
  }
});

async function onEvent(event) {
  if (event.type === 'session.deleted') {
    drop(event.session.id);
  } else if (event.type === 'session.state_changed' && event.data.to === 'deleting') {
    // It may be gone before anybody could ask.
    const session = sessions.get(event.session.id);
    if (session) keep({ ...session, state: 'deleting' });
  } else if (event.type.startsWith('session.')) {
    await refreshSession(event.session.id);
    const session = selected();
    if (session?.id === event.session.id) await openPhones(fromSandbox(session) ? session : null);
  } else if (event.type.startsWith('message.')) {
    await Promise.all([noteMessageEvent(event), event.session.id === selected()?.id && refreshScreen()]);
  }
}

async function enter() {
  sandbox = await sandboxIsHere();
  byId('sessions-note').textContent = word('loading');
  byId('new-network').options[0].disabled = !sandbox;
  byId('new-network').value = sandbox ? 'sandbox' : 'whatsapp';
  const offline = () => {
    byId('offline').hidden = false;
  };
  const newest = (await loadSessions()).at(-1);
  if (!selected() && newest) location.replace(`#${newest.id}`);
  render();
  const refused = () => {
    live.close();
    forgetKey();
    byId('fleet').hidden = true;
    showSignIn(word('error.unauthorized'));
  };
  const heard = (event) => onEvent(event).catch((error) => (byId('session-error').textContent = error.message));
  const listener = { onEvent: heard, onQr: showQr, onUp: catchUp, onDown: offline, onRefused: refused };
  live = goLive(savedKey(), listener);
  // Nobody can ask for anything before its news would be heard.
  byId('sign-in').hidden = true;
  byId('fleet').hidden = false;
  byId('sign-out').hidden = false;
}

function showSignIn(message = '') {
  byId('offline').hidden = true;
  byId('sign-in').hidden = false;
  byId('sign-in-error').textContent = message;
  byId('api-key').focus();
}

function speak(chosen) {
  useLanguage(chosen);
  byId('language').value = currentLanguage();
  render();
  showConversation();
  showPhone();
  showReceipt();
}

prepareSessionCard(keep);
prepareEndings(selected, (id, isGone) => (isGone ? drop(id) : refreshSession(id)));
prepareConversation();
preparePhones();

byId('language').addEventListener('change', ({ target }) => {
  localStorage.setItem(LANGUAGE, target.value);
  speak(target.value);
});
byId('sign-out').addEventListener('click', () => {
  forgetKey();
  location.reload();
});
byId('scan').addEventListener('click', ({ currentTarget }) =>
  attempt(currentTarget, byId('session-error'), () => scanWithPhone(selected().id)),
);
// Sessions that were made elsewhere are news too, when a person looks again.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && live !== null) void catchUp();
});
globalThis.addEventListener('hashchange', () => {
  forgetReceipt();
  void openSelected();
});

onSubmit(byId('sign-in'), byId('sign-in-error'), async () => {
  saveKey(byId('api-key').value.trim());
  try {
    await enter();
    byId('new-name').focus();
  } catch (error) {
    forgetKey();
    throw error;
  }
});
onSubmit(byId('new-session'), byId('new-error'), async () => {
  const body = { name: byId('new-name').value, network: byId('new-network').value };
  const session = await call('POST', '/sessions', body);
  byId('new-name').value = '';
  await live.subscribe(session.id, 0);
  keep(session);
  location.hash = session.id;
});

speak(localStorage.getItem(LANGUAGE) ?? navigator.language);
if (savedKey()) enter().catch((error) => showSignIn(error.message));
else showSignIn();
