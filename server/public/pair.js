// A customer without an account links his phone: shows the QR code of one session and says how it ended.
import { call } from './api.js';
import { attempt, byId, countDown } from './dom.js';
import { takeToken } from './one-time.js';
import { useLanguage, word } from './words.js';

const EVERY_MS = 2000;

useLanguage(navigator.language);
const token = takeToken();
let shown = null;

function show(page) {
  const { name, linked, state, qr } = page;
  byId('title').textContent = word('pairTitle', { name });
  const waits = state === 'connecting' || state === 'linking' || state === 'waiting';
  byId('hint').textContent = linked ? word('pairDone') : waits ? word(qr ? 'pairScan' : 'qrWaiting') : word('pairStopped');
  byId('again').hidden = linked || waits;
  const code = byId('code');
  code.hidden = qr === null;
  if (qr && qr.attempt !== shown) {
    code.src = qr.png;
    code.alt = word('qrPicture', { attempt: qr.attempt });
  }
  shown = qr?.attempt ?? null;
  countDown(byId('left'), qr?.expiresAt, (left) => word('qrNote', { attempt: qr.attempt, left: `${left} s` }));
  if (!qr) byId('left').textContent = '';
  return linked;
}

/** Asks until the phone is linked or the link has ended. */
async function follow(wanted) {
  let start = wanted;
  for (;;) {
    try {
      if (show(await call('POST', '/pairing', { token, show: start, wait: shown === null ? 20 : 0 }))) return;
      byId('error').textContent = '';
      start = false;
      if (!byId('again').hidden) return;
    } catch (error) {
      byId('error').textContent = error.message;
      // Only the way to the server may come back by itself.
      if (error.code !== 'unreachable' && error.code !== 'too_many_requests') {
        byId('code').hidden = true;
        byId('hint').textContent = '';
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

if (token === null) byId('error').textContent = word('error.link_invalid');
else {
  byId('again').addEventListener('click', () => void attempt(byId('again'), byId('error'), () => follow(true)));
  void follow(true);
}
