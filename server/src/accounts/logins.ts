/** People: logging in and out, refresh tokens, and the one-time links by which they get in. */
import type { LoginId, NewId, Role, TenantId, UserId } from '@zapfleet/contract';
import { emailKey, type LinkRecord, type LoginRecord, type UserRecord } from '../domain/account.ts';
import { GatewayError } from '../domain/gateway-error.ts';
import type { Caller, Callers } from '../ports/caller.ts';
import type { Clock } from '../ports/clock.ts';
import type { Change, Store } from '../ports/store.ts';
import { ACCESS_SECONDS, type AccessTokens } from './access-tokens.ts';
import type { Guessing } from './guessing.ts';
import type { Passwords } from './passwords.ts';
import { requireGrant } from './grant.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import { digestOf, makeSecret } from './secret.ts';

/** A login that is not used so long ends. */
export const REFRESH_MS = 30 * 24 * 3_600_000;
/** Two tabs refresh at once: the loser shows the token of a moment ago, which is no theft. */
const OVERLAP_MS = 10_000;
const LINK_MS = 7 * 24 * 3_600_000;
const RESET_MS = 24 * 3_600_000;

export type From = { address: string; userAgent: string | null };

/** `refreshToken` goes into the cookie and nowhere else. */
export type Opened = { accessToken: string; expiresIn: number; refreshToken: string; user: UserRecord };

export type LoginParts = {
  store: Store;
  clock: Clock;
  newId: NewId;
  passwords: Passwords;
  tokens: AccessTokens;
  refreshTokens: RefreshTokens;
  guessing: Guessing;
  callers: Callers;
};

export type Logins = {
  /** Throws `wrong_password`, `too_many_requests`, `tenant_suspended`. */
  logIn(email: string, password: string, from: From): Promise<Opened>;
  /** Throws `unauthorized`; a token that was used before ends its login. */
  refresh(refreshToken: string, from: From): Promise<Opened>;
  /** Ends the login of a refresh token; what is none changes nothing. */
  logOut(refreshToken: string): Promise<void>;
  end(userId: UserId, id: LoginId): Promise<boolean>;
  of(userId: UserId): Promise<LoginRecord[]>;
  /** Throws `wrong_password`, `too_many_requests`. All other logins end. */
  changePassword(login: NonNullable<Caller['login']>, current: string, password: string, from: From): Promise<void>;
  /** The secret of the link; whoever has it becomes a user. Throws `email_taken`, `forbidden` for a role above the caller's. */
  invite(
    caller: Caller,
    email: string,
    role: Role,
    tenantId: TenantId | null,
  ): Promise<{ token: string; expiresAt: number }>;
  /** Throws `forbidden` for one who stands above the caller. */
  resetLink(caller: Caller, user: UserRecord): Promise<{ token: string; expiresAt: number }>;
  /** Throws `link_invalid`, `email_taken`, `too_many_requests`. */
  accept(token: string, password: string, name: string | null, from: From): Promise<Opened>;
  /** The secret that makes the first owner; null when there is one. A new one takes the place of the old. */
  setUpToken(): Promise<string | null>;
  /** Throws `link_invalid`, `already_set_up`, `too_many_requests`. */
  setUp(token: string, owner: { email: string; password: string; name: string | null }, from: From): Promise<Opened>;
};

/** What failed guesses of links are counted under. */
const LINKS = 'one-time link';

export function createLogins(parts: LoginParts): Logins {
  const { store, clock, newId, passwords, tokens, refreshTokens, guessing, callers } = parts;
  const { accounts } = store;

  async function open(user: UserRecord, from: From, also: Change = []): Promise<Opened> {
    const now = clock.now();
    const record: LoginRecord = {
      id: newId('lgn'),
      userId: user.id,
      tokenNumber: 1,
      address: from.address,
      userAgent: from.userAgent?.slice(0, 300) ?? null,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: now + REFRESH_MS,
    };
    const { committed } = await store.commit([
      ...also,
      { kind: 'login.insert', record },
      { kind: 'user.update', id: user.id, patch: { lastLoginAt: now } },
    ]);
    if (!committed) throw new GatewayError('link_invalid');
    return session({ ...user, lastLoginAt: now }, record.id, record.tokenNumber);
  }

  async function session(user: UserRecord, id: LoginId, number: number): Promise<Opened> {
    return {
      accessToken: await tokens.make(id),
      expiresIn: ACCESS_SECONDS,
      refreshToken: refreshTokens.make(id, number),
      user,
    };
  }

  async function drop(id: LoginId): Promise<void> {
    await store.commit([{ kind: 'login.remove', id }]);
    callers.forget();
  }

  async function requireActive(tenantId: TenantId | null): Promise<void> {
    const tenant = tenantId && (await accounts.tenants.get(tenantId));
    if (tenantId !== null && (!tenant || tenant.suspendedAt !== null)) throw new GatewayError('tenant_suspended');
  }

  async function verify(user: UserRecord | null, account: string, password: string, from: From): Promise<UserRecord> {
    const known = await guessing.attempt(from.address, account, async () => {
      const fits = await passwords.matches(user && !user.disabled ? user.passwordHash : null, password);
      return fits ? user : null;
    });
    if (!known) throw new GatewayError('wrong_password');
    return known;
  }

  async function linkOf(
    token: string,
    from: From,
    kinds: readonly LinkRecord['purpose']['kind'][],
  ): Promise<LinkRecord> {
    const found = await guessing.attempt(from.address, LINKS, async () => {
      const link = await accounts.link(digestOf(token), clock.now());
      return link && kinds.includes(link.purpose.kind) ? link : null;
    });
    if (!found) throw new GatewayError('link_invalid');
    return found;
  }

  async function makeLink(
    link: Pick<LinkRecord, 'tenantId' | 'subject' | 'purpose'>,
    ms: number,
  ): Promise<{ token: string; expiresAt: number }> {
    const token = makeSecret();
    const expiresAt = clock.now() + ms;
    await store.commit([{ kind: 'link.put', record: { ...link, tokenHash: digestOf(token), expiresAt } }]);
    return { token, expiresAt };
  }

  async function newUser(
    who: { email: string; name: string | null; role: Role; tenantId: TenantId | null },
    password: string,
  ): Promise<UserRecord> {
    return {
      ...who,
      id: newId('usr'),
      passwordHash: await passwords.hash(password),
      disabled: false,
      createdAt: clock.now(),
      lastLoginAt: null,
    };
  }

  async function join(link: LinkRecord, user: UserRecord, from: From): Promise<Opened> {
    if (await accounts.users.byEmail(user.email)) throw new GatewayError('email_taken');
    return open(user, from, [
      { kind: 'link.use', tokenHash: link.tokenHash, required: true },
      { kind: 'user.insert', record: user, required: true },
    ]);
  }

  return {
    async logIn(email, password, from) {
      const user = await verify(await accounts.users.byEmail(email), email, password, from);
      await requireActive(user.tenantId);
      return open(user, from);
    },
    async refresh(refreshToken, from) {
      const shown = refreshTokens.read(refreshToken);
      const login = shown && (await accounts.logins.get(shown.login));
      const user = login && (await accounts.users.get(login.userId));
      const now = clock.now();
      if (!login || login.expiresAt <= now || !user || user.disabled) throw hasEnded();
      await requireActive(user.tenantId);
      const next = shown.number + 1;
      const { changed } = await store.commit([
        {
          kind: 'login.rotate',
          id: login.id,
          from: shown.number,
          patch: { tokenNumber: next, lastUsedAt: now, expiresAt: now + REFRESH_MS, address: from.address },
        },
      ]);
      if (changed[0] === true) return session(user, login.id, next);
      const current = await accounts.logins.get(login.id);
      const isRace = current?.tokenNumber === next && now - current.lastUsedAt < OVERLAP_MS;
      if (!isRace) await drop(login.id);
      throw hasEnded();
    },
    async logOut(refreshToken) {
      const shown = refreshTokens.read(refreshToken);
      if (shown) await drop(shown.login);
    },
    async end(userId, id) {
      const login = await accounts.logins.get(id);
      if (login?.userId !== userId) return false;
      await drop(id);
      return true;
    },
    async of(userId) {
      const now = clock.now();
      return (await accounts.logins.of(userId)).filter(({ expiresAt }) => expiresAt > now);
    },
    async changePassword({ userId, id }, current, password, from) {
      const user = await accounts.users.get(userId);
      await verify(user, user?.email ?? userId, current, from);
      const passwordHash = await passwords.hash(password);
      await store.commit([
        { kind: 'user.update', id: userId, patch: { passwordHash } },
        { kind: 'login.end_all', userId, but: id },
      ]);
      callers.forget();
    },
    async invite(caller, email, role, tenantId) {
      requireGrant(caller, role);
      if (await accounts.users.byEmail(email)) throw new GatewayError('email_taken');
      return makeLink({ tenantId, subject: emailKey(email), purpose: { kind: 'invitation', email, role } }, LINK_MS);
    },
    async resetLink(caller, { id, tenantId, role }) {
      requireGrant(caller, role);
      return makeLink({ tenantId, subject: id, purpose: { kind: 'password', userId: id } }, RESET_MS);
    },
    async accept(token, password, name, from) {
      const link = await linkOf(token, from, ['invitation', 'password']);
      await requireActive(link.tenantId);
      if (link.purpose.kind === 'invitation') {
        const { email, role } = link.purpose;
        return join(link, await newUser({ email, name, role, tenantId: link.tenantId }, password), from);
      }
      const user = link.purpose.kind === 'password' ? await accounts.users.get(link.purpose.userId) : null;
      if (!user || user.disabled) throw new GatewayError('link_invalid');
      const passwordHash = await passwords.hash(password);
      const opened = await open({ ...user, passwordHash }, from, [
        { kind: 'link.use', tokenHash: link.tokenHash, required: true },
        { kind: 'user.update', id: user.id, patch: { passwordHash }, required: true },
        { kind: 'login.end_all', userId: user.id, but: null },
      ]);
      callers.forget();
      return opened;
    },
    async setUpToken() {
      if (await accounts.users.hasOwner()) return null;
      const { token } = await makeLink({ tenantId: null, subject: 'owner', purpose: { kind: 'setup' } }, LINK_MS);
      return token;
    },
    async setUp(token, { email, password, name }, from) {
      const link = await linkOf(token, from, ['setup']);
      if (await accounts.users.hasOwner()) throw new GatewayError('already_set_up');
      return join(link, await newUser({ email, name, role: 'master', tenantId: null }, password), from);
    },
  };
}

const hasEnded = (): GatewayError => new GatewayError('unauthorized', 'This login has ended.');
