/** One device of an account: 0 is the phone, 1 and up are linked companions. */
export type Jid =
  | { kind: 'pn'; user: string; device: number }
  | { kind: 'lid'; user: string; device: number }
  | { kind: 'group'; id: string }
  | { kind: 'other'; raw: string };

const USER = /^(\d{1,20})(?:_\d+)?(?::(\d{1,3}))?@(s\.whatsapp\.net|c\.us|lid)$/;

export function parseJid(raw: string): Jid {
  const match = USER.exec(raw);
  if (match === null) return raw.endsWith('@g.us') ? { kind: 'group', id: raw } : { kind: 'other', raw };
  const [, user = '', device = '0', server] = match;
  return { kind: server === 'lid' ? 'lid' : 'pn', user, device: Number(device) };
}

export function pnJid(phoneNumber: string, device = 0): string {
  return device === 0 ? `${phoneNumber}@s.whatsapp.net` : `${phoneNumber}:${device}@s.whatsapp.net`;
}

export function lidJid(lid: string, device = 0): string {
  return device === 0 ? `${lid}@lid` : `${lid}:${device}@lid`;
}
