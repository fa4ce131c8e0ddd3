// The simulated phones of the sandbox: what a screen shows, what a phone writes, and its linked devices.
import { call, list } from './api.js';
import { timeOf } from './conversation.js';
import { attempt, byId, element, fillChat, oneAtATime, onSubmit, sendOnEnter } from './dom.js';
import { word } from './words.js';

const names = ['Ana', 'Bruno', 'Carla', 'Davi', 'Elisa', 'Fábio', 'Gabi', 'Heitor'];

let session = null;
let phones = [];
let screen = [];
/** The number that was last put into "to", so that a number that a person typed is left alone. */
let suggested = '';

const error = () => byId('phone-error');
const chosen = () => phones.find((phone) => phone.phoneNumber === byId('phone-choice').value);

export function preparePhones() {
  sendOnEnter(byId('answer-text'));
  byId('phone-choice').addEventListener('change', () => void refreshScreen());
  byId('new-phone').addEventListener('click', ({ currentTarget }) =>
    attempt(currentTarget, error(), async () => {
      const made = await newPhone(phones);
      await refreshPhones();
      byId('phone-choice').value = made.phoneNumber;
      await refreshScreen();
    }),
  );
  byId('read').addEventListener('click', ({ currentTarget }) => attempt(currentTarget, error(), () => readAll(chosen())));
  onSubmit(byId('answer'), error(), async () => {
    const phone = chosen();
    const text = byId('answer-text').value;
    await call('POST', `/sandbox/phones/${phone.phoneNumber}/messages`, { to: session.account.phoneNumber, text });
    byId('answer-text').value = '';
    // Who answers has read.
    await readAll(phone);
  });
}

async function readAll(phone) {
  await list(`/sandbox/phones/${phone.phoneNumber}/messages?read=true`);
  await refreshScreen();
}

/** Whether this server has a sandbox network that can be asked. */
export async function sandboxIsHere() {
  try {
    await call('GET', '/sandbox/phones');
    return true;
  } catch (refused) {
    if (refused.code === 'unauthorized' || refused.code === 'unreachable') throw refused;
    return false;
  }
}

const newPhone = (others) => call('POST', '/sandbox/phones', { name: names[others.length % names.length] });

/** A phone that is linked to nothing yet scans; where there is none, a new one. */
export async function scanWithPhone(sessionId) {
  const all = await list('/sandbox/phones');
  const phone = all.find(({ devices }) => devices.length === 0) ?? (await newPhone(all));
  await call('POST', `/sandbox/phones/${phone.phoneNumber}/scan`, { sessionId });
}

/** Shows the panel for a session, or hides it with null. */
export async function openPhones(shown) {
  if (session?.id !== shown?.id) suggested = '';
  session = shown;
  byId('phone').hidden = session === null;
  if (session !== null) await refreshPhones();
}

const refreshPhones = oneAtATime(async () => {
  try {
    phones = await list('/sandbox/phones');
    showChoice();
  } catch (refused) {
    error().textContent = refused.message;
  }
  await refreshScreen();
});

/** Also called when messages went to and fro. */
export const refreshScreen = oneAtATime(async () => {
  if (session === null) return;
  const phone = chosen();
  try {
    screen = phone ? await list(`/sandbox/phones/${phone.phoneNumber}/messages`) : [];
  } catch (refused) {
    error().textContent = refused.message;
  }
  // Another one was chosen meanwhile: that choice asked for one more round.
  if (phone !== chosen() || session === null) return;
  suggest(phone);
  showPhone();
});

function showChoice() {
  const own = session?.account?.phoneNumber;
  const before = byId('phone-choice').value;
  const options = phones.map(({ phoneNumber, name }) => {
    const text = `${name} · +${phoneNumber}`;
    return element('option', { value: phoneNumber }, phoneNumber === own ? word('ownPhone', { phone: text }) : text);
  });
  byId('phone-choice').replaceChildren(...(phones.length > 0 ? options : [element('option', { value: '' }, word('noPhone'))]));
  const others = phones.filter((phone) => phone.phoneNumber !== own);
  const choice = phones.find((phone) => phone.phoneNumber === before) ?? others[0] ?? phones[0];
  byId('phone-choice').value = choice?.phoneNumber ?? '';
}

/** A newcomer's first message has somebody to go to. */
function suggest(phone) {
  const to = byId('to');
  const own = session.account?.phoneNumber;
  if (!phone || !own || phone.phoneNumber === own || (to.value !== '' && to.value !== suggested)) return;
  suggested = phone.phoneNumber;
  to.value = suggested;
}

export function showPhone() {
  const phone = chosen();
  const own = session?.account?.phoneNumber;
  byId('phone-hint').textContent = word(phone && phone.phoneNumber === own ? 'phoneHintOwn' : 'phoneHint');
  byId('answer').hidden = !phone || !own || phone.phoneNumber === own;
  byId('devices').replaceChildren(...(phone?.devices ?? []).map((device) => deviceRow(phone, device)));
  fillChat(byId('screen'), screen.slice(-200).map((entry) => bubble(phone, entry)), word('emptyScreen'));
  byId('read').hidden = screen.length === 0;
}

function deviceRow(phone, { device }) {
  const unlink = (click) =>
    attempt(click.currentTarget, error(), async () => {
      await call('DELETE', `/sandbox/phones/${phone.phoneNumber}/devices/${device}`);
      await refreshPhones();
    });
  return element(
    'li',
    {},
    word('linkedDevice', { device }),
    element('button', { type: 'button', onclick: unlink }, word('unlink')),
  );
}

function bubble(phone, entry) {
  const mine = entry.from.startsWith(phone.phoneNumber);
  const status = mine ? word(`status.${entry.status}`, {}, entry.status) : entry.status === 'received' && word('unread');
  const about = [mine ? `→ ${numberOf(entry.to)}` : `← ${numberOf(entry.from)}`, timeOf(entry.timestamp), status];
  return element(
    'p',
    { class: mine ? 'bubble mine' : 'bubble' },
    entry.text ?? word('unsupported', { kind: entry.type }),
    element('small', {}, about.filter(Boolean).join(' · ')),
  );
}

const numberOf = (written) => (/^\d+$/.test(written) ? `+${written}` : written);
