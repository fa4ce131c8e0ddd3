/** Access tokens: short-lived JWTs that name a login. Whether that login still holds is asked of the store, not of the token. */
import type { LoginId } from '@zapfleet/contract';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Clock } from '../ports/clock.ts';

export const ACCESS_SECONDS = 15 * 60;
const ISSUER = 'zapfleet';
const AUDIENCE = 'zapfleet-api';
const ALGORITHM = 'HS256';

export type AccessTokens = {
  make(login: LoginId): Promise<string>;
  /** null for what is no token of ours, or one whose time is over. */
  read(token: string): Promise<LoginId | null>;
};

const Claims = z.object({ sub: z.templateLiteral(['lgn_', z.string()]) });

/** `secret`: at least 32 bytes. */
export function createAccessTokens(secret: string, clock: Clock): AccessTokens {
  const key = new TextEncoder().encode(secret);
  return {
    make(login) {
      const now = Math.floor(clock.now() / 1000);
      return new SignJWT()
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setSubject(login)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + ACCESS_SECONDS)
        .sign(key);
    },
    async read(token) {
      try {
        const { payload } = await jwtVerify(token, key, {
          // The header of a token never chooses how it is checked.
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience: AUDIENCE,
          typ: 'JWT',
          requiredClaims: ['sub', 'exp', 'iat', 'nbf'],
          maxTokenAge: ACCESS_SECONDS,
          currentDate: new Date(clock.now()),
        });
        return Claims.safeParse(payload).data?.sub ?? null;
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
        throw error;
      }
    },
  };
}

/** Three parts with dots: an API key has none. */
export const looksLikeToken = (text: string): boolean => text.split('.').length === 3;
