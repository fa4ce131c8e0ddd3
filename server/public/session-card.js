// One session: its state in words, why it is so, what comes next, its QR code, and the buttons.
import { call } from './api.js';
import { attempt, byId, countDown } from './dom.js';
import { currentLanguage, word } from './words.js';

let shown = null;

/** `onChange` gets the session as a button's call answered it. */
export function prepareSessionCard(onChange) {
  for (const verb of ['start', 'stop', 'restart']) {
    byId(verb).addEventListener('click', (click) =>
      attempt(click.currentTarget, byId('session-error'), async () => onChange(await call('POST', `/sessions/${shown.id}/${verb}`))),
    );
  }
}

const can = {
  start: ['stopped', 'waiting', 'logged_out', 'failed'],
  stop: ['connecting', 'linking', 'connected', 'waiting'],
  restart: ['connecting', 'linking', 'connected', 'waiting', 'failed'],
  send: ['connecting', 'connected', 'waiting'],
};

export function showSession(session) {
  if (shown?.id !== session.id) {
    byId('session-error').textContent = '';
    forgetQr();
  }
  shown = session;
  const { state, cause, account } = session;
  byId('session-name').textContent = session.label ?? session.name;
  byId('session-network').textContent = session.network === 'sandbox' ? 'Sandbox' : 'WhatsApp';
  const badge = byId('session-state');
  // The same words again would be read out again.
  if (badge.textContent !== word(`state.${state}`)) badge.textContent = word(`state.${state}`);
  badge.dataset.state = state;
  byId('session-account').textContent = account ? [account.pushName, `+${account.phoneNumber}`].filter(Boolean).join(' · ') : '';
  const variant = state === 'linking' && session.network === 'sandbox' ? '.sandbox' : state === 'stopped' && session.linked ? '.linked' : '';
  byId('session-hint').textContent = word(`hint.${state}${variant}`);

  const degraded = session.health?.status === 'degraded' && word('health', { cause: healthInWords(session.health.cause ?? '') });
  const why = cause && state !== 'connected' ? causeInWords(cause) : degraded || '';
  byId('session-cause').textContent = why;
  byId('session-cause').hidden = why === '';
  byId('session-retry').hidden = session.retryAt === null;
  countDown(byId('session-retry'), session.retryAt, (left) =>
    word('retry', { attempt: session.attempt, left: left > 0 ? duration(left) : word('now') }),
  );

  byId('start').textContent = word(state in { waiting: 1, logged_out: 1 } ? `start.${state}` : 'start.stopped');
  for (const verb of ['start', 'stop', 'restart']) byId(verb).disabled = !can[verb].includes(state);
  byId('logout').disabled = !session.linked || state === 'deleting';
  byId('delete').disabled = state === 'deleting';

  byId('send').querySelector('[type=submit]').disabled = !can.send.includes(state);

  byId('qr-card').hidden = state !== 'linking';
  if (state !== 'linking') forgetQr();
  else if (byId('qr').hidden) void loadQr(session.id);
}

/** The server's cause begins with a code: words for that, else what it says. */
function healthInWords(cause) {
  const [code, ...detail] = cause.split(': ');
  return word(`health.${code}`, {}, detail.join(': ') || cause);
}

function causeInWords({ code, message, until }) {
  const why = word(`cause.${code}`, {}, message);
  return until ? `${why} ${word('until', { time: new Date(until).toLocaleString(currentLanguage()) })}` : why;
}

/** A code that is on show now, from the socket or from the call. */
export function showQr({ sessionId, png, attempt: number, expiresAt }) {
  if (shown?.id !== sessionId || shown.state !== 'linking') return;
  const picture = byId('qr');
  picture.src = png;
  picture.alt = word('qrPicture', { attempt: number });
  picture.hidden = false;
  countDown(byId('qr-note'), expiresAt, (left) =>
    left > 0 ? word('qrNote', { attempt: number, left: duration(left) }) : word('qrWaiting'),
  );
}

function forgetQr() {
  byId('qr').hidden = true;
  byId('qr').removeAttribute('src');
  countDown(byId('qr-note'), null);
  byId('qr-note').textContent = word('qrWaiting');
}

async function loadQr(sessionId) {
  try {
    showQr({ sessionId, ...(await call('GET', `/sessions/${sessionId}/qr?wait=20`)) });
  } catch (error) {
    // Scanned or stopped meanwhile: the state says so.
    if (error.code !== 'qr_unavailable' && shown?.id === sessionId) byId('session-error').textContent = error.message;
  }
}

function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
