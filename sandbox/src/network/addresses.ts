import type { Account } from '../store/accounts.ts';
import { lidJid, pnJid } from '../wire/jid.ts';

/** How others meet an account, and by which attribute they learn its other name. */
export function addressOf(account: Account, device = 0): string {
  return account.addressing === 'lid' ? lidJid(account.lid, device) : pnJid(account.phone, device);
}

/** The number, where others are told it. */
export function sharedNumber(account: Account): string | undefined {
  return account.hidden ? undefined : pnJid(account.phone);
}

type Attributes = Record<string, string | undefined>;

/** Attributes of a message from this account to somebody else. */
export function senderAttributes(account: Account, device: number): Attributes {
  return account.addressing === 'lid'
    ? { from: lidJid(account.lid, device), addressing_mode: 'lid', sender_pn: sharedNumber(account) }
    : { from: pnJid(account.phone, device), addressing_mode: 'pn', sender_lid: lidJid(account.lid) };
}

/** Attributes of what one device of an account wrote to `peer`, as the other devices of that account get it. */
export function ownCopyAttributes(account: Account, device: number, peer: Account): Attributes {
  return peer.addressing === 'lid'
    ? {
        from: lidJid(account.lid, device),
        recipient: lidJid(peer.lid),
        addressing_mode: 'lid',
        peer_recipient_pn: sharedNumber(peer),
      }
    : {
        from: pnJid(account.phone, device),
        recipient: pnJid(peer.phone),
        addressing_mode: 'pn',
        peer_recipient_lid: lidJid(peer.lid),
      };
}

/** A name as it may stand in an attribute: the codec takes whatever has an `@` for a JID. */
export function attributeName(name: string): string | undefined {
  const plain = name.replaceAll('@', '');
  return plain === '' ? undefined : plain;
}
