/** Notifications that end or change a linking, and that this version of Baileys acknowledges without a look. */
import type { BinaryNode } from 'baileys';

export type LinkingNotice =
  /** The account wants a passkey, which no program can give. */
  | 'passkey_wanted'
  /** The secret in the QR code on show is of no use any more. */
  | 'secret_retired';

const notices = new Map<string, LinkingNotice>([
  ['passkey_prologue_request', 'passkey_wanted'],
  ['crsc_continuation', 'passkey_wanted'],
  ['companion_reg_refresh', 'secret_retired'],
]);

export function linkingNotice({ attrs }: BinaryNode): LinkingNotice | null {
  return notices.get(attrs.type ?? '') ?? null;
}

/** Baileys' own acknowledgement fails before there is an account. */
export function acknowledgementOf({ attrs: { id, from, type } }: BinaryNode): BinaryNode {
  return { tag: 'ack', attrs: { class: 'notification', id: id ?? '', to: from ?? '', type: type ?? '' } };
}
