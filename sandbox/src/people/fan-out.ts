import { proto } from 'baileys/WAProto/index.js';
import { post, postToMany } from '../network/delivery.ts';
import type { World } from '../network/world.ts';
import type { Account } from '../store/accounts.ts';
import { holderName } from '../store/sender-keys.ts';
import type { Stanza } from '../wire/stanza.ts';
import { sealForChat } from './group-keys.ts';
import { sealFor } from './phone-keys.ts';
import { type Traits, envelopeStanzas } from './stanza-traits.ts';

/** Encrypted once for all companions; who has not got the phone's key for this chat is given it beside. */
export function fanOut(
  world: World,
  author: Account,
  chat: string,
  companions: readonly { readonly phone: string; readonly device: number }[],
  message: { readonly traits: Traits; readonly content: Uint8Array },
  stanzaOf: (content: Stanza[]) => Stanza,
): void {
  if (companions.length === 0) return;
  const { traits, content } = message;
  const { ciphertext, distribution } = sealForChat(world, author, chat, content);
  const key = proto.Message.encode(distribution).finish();
  const holders = world.senderKeys.holders(author.phone, chat);
  const shared = { type: 'skmsg', ciphertext } as const;
  const informed = companions.filter(({ phone, device }) => holders.has(holderName(phone, device)));
  postToMany(world, informed, stanzaOf(envelopeStanzas(traits, [shared])));
  for (const { phone, device } of companions) {
    const owner = holders.has(holderName(phone, device)) ? undefined : world.accounts.byPhone(phone);
    const envelope = owner === undefined ? undefined : sealFor(world, author, owner, device, key);
    if (envelope === undefined) continue;
    post(world, phone, device, stanzaOf(envelopeStanzas(traits, [envelope, shared])));
    world.senderKeys.addHolder(author.phone, chat, phone, device);
  }
}
