import { proto } from 'baileys/WAProto/index.js';
import { addressOf } from '../network/addresses.ts';
import { post } from '../network/delivery.ts';
import { phoneBundle } from '../network/key-bundles.ts';
import { tellAuthor, tellOwnDevices } from '../network/receipts.ts';
import { type World, unixTime } from '../network/world.ts';
import type { Envelope } from '../signal/envelope.ts';
import { Undecryptable } from '../signal/ratchet.ts';
import type { Account } from '../store/accounts.ts';
import { bigEndian, el } from '../wire/stanza.ts';
import { appearanceOf } from './message-content.ts';
import { openFrom } from './phone-keys.ts';

const KEY_TYPE = Buffer.from([5]);

/** A companion's message reaches a phone: it is decrypted, shown, and its delivery reported. */
export function phoneReceives(
  world: World,
  phone: Account,
  author: Account,
  device: number,
  id: string,
  envelope: Envelope,
): void {
  let plaintext: Buffer;
  try {
    plaintext = openFrom(world, phone, author, device, envelope);
  } catch (error) {
    if (!(error instanceof Undecryptable)) throw error;
    world.log.warn(
      { phone: phone.phone, author: author.phone, device, id, reason: error.message },
      'undecryptable message',
    );
    askAgain(world, phone, author, device, id);
    return;
  }
  const message = proto.Message.decode(plaintext);
  const copy = message.deviceSentMessage;
  if (author.phone !== phone.phone) phoneShows(world, phone, author, id, message);
  else if (copy?.message != null) showOwn(world, phone, copy.destinationJid ?? '', id, copy.message);
}

/** What somebody wrote to this phone stands on its screen, and the author learns that it was delivered. */
export function phoneShows(world: World, phone: Account, author: Account, id: string, message: proto.IMessage): void {
  const appearance = appearanceOf(world, message);
  if (appearance === undefined) return;
  world.screens.add(phone.phone, {
    ...appearance,
    id,
    chat: author.phone,
    from: author.phone,
    to: phone.phone,
    status: 'received',
    sentAt: world.clock.now(),
    content: undefined,
  });
  tellAuthor(world, author, phone, 0, [id], 'delivery');
}

/** What the same person wrote on a companion stands on the phone too. */
function showOwn(world: World, phone: Account, destination: string, id: string, message: proto.IMessage): void {
  const appearance = appearanceOf(world, message);
  const to = world.accounts.byJid(destination);
  if (appearance === undefined || to === undefined) return;
  world.screens.add(phone.phone, {
    ...appearance,
    id,
    chat: to.phone,
    from: phone.phone,
    to: to.phone,
    status: 'sent',
    sentAt: world.clock.now(),
    content: undefined,
  });
}

/** The person looks at the screen: whoever wrote what is on it gets read receipts. */
export function phoneLooks(world: World, phone: Account, upTo: number): void {
  const byAuthor = Map.groupBy(world.screens.unread(phone.phone, upTo), (message) => message.from);
  for (const [number, messages] of byAuthor) {
    const author = world.accounts.byPhone(number);
    if (author === undefined) continue;
    const ids = messages.map((message) => message.id);
    tellOwnDevices(world, phone, 0, author, ids);
    tellAuthor(world, author, phone, 0, ids, 'read');
  }
}

function askAgain(world: World, phone: Account, author: Account, device: number, id: string): void {
  const { registrationId, identity, signedPreKey, preKey } = phoneBundle(world, phone);
  const retry = el('receipt', { from: addressOf(phone), id, type: 'retry', t: unixTime(world) }, [
    el('retry', { count: 1, id, t: unixTime(world), v: 1 }),
    el('registration', {}, bigEndian(registrationId, 4)),
    el('keys', {}, [
      el('type', {}, KEY_TYPE),
      el('identity', {}, identity),
      el('key', {}, [el('id', {}, bigEndian(preKey?.id ?? 0, 3)), el('value', {}, preKey?.publicKey)]),
      el('skey', {}, [
        el('id', {}, bigEndian(signedPreKey.id, 3)),
        el('value', {}, signedPreKey.publicKey),
        el('signature', {}, signedPreKey.signature),
      ]),
    ]),
  ]);
  post(world, author.phone, device, retry);
}
