/**
 * Refresh tokens: `<login>.<number>.<mac>`. The number counts up with each use and only the newest is good; because each carries our own mac, an
 * old one is known as a copy and not taken for a guess.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { LoginId } from '@zapfleet/contract';

export type RefreshTokens = {
  make(login: LoginId, number: number): string;
  /** null for what we never made. */
  read(token: string): { login: LoginId; number: number } | null;
};

export function createRefreshTokens(secret: string): RefreshTokens {
  const mac = (login: string, number: string): Buffer =>
    createHmac('sha256', secret).update(`refresh token ${login} ${number}`).digest();
  return {
    make: (login, number) => `${login}.${number}.${mac(login, String(number)).toString('base64url')}`,
    read(token) {
      const [, login, number, shown] = /^(lgn_[0-9A-Z]{26})\.(\d{1,9})\.([\w-]{43})$/.exec(token) ?? [];
      if (login === undefined || number === undefined || shown === undefined) return null;
      if (!timingSafeEqual(Buffer.from(shown, 'base64url'), mac(login, number))) return null;
      return { login: login as LoginId, number: Number(number) };
    },
  };
}
