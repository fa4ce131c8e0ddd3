import { type LoginId, operations } from '@zapfleet/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { From, Opened } from '../../accounts/logins.ts';
import { TICKET_SECONDS } from '../../accounts/tickets.ts';
import { loginResource, userResource } from '../../domain/account.ts';
import { GatewayError } from '../../domain/gateway-error.ts';
import type { Caller } from '../../ports/caller.ts';
import type { Store } from '../../ports/store.ts';
import type { People } from '../people.ts';
import { clearRefreshCookie, refreshCookieOf, setRefreshCookie } from '../refresh-cookie.ts';
import { answer, route, type Router } from '../route.ts';

const done = { ok: true } as const;

export function authRoutes(router: Router, { people, store }: { people: People; store: Store }): void {
  const { logins, tickets } = people;

  route(router, operations.login, async ({ body, request, reply }) =>
    answer(200, loggedIn(await logins.logIn(body.email, body.password, fromOf(request)), request, reply)),
  );
  route(router, operations.setUp, async ({ body, request, reply }) => {
    const { token, email, password, name = null } = body;
    return answer(201, loggedIn(await logins.setUp(token, { email, password, name }, fromOf(request)), request, reply));
  });
  route(router, operations.acceptLink, async ({ body, request, reply }) => {
    const { token, password, name = null } = body;
    return answer(200, loggedIn(await logins.accept(token, password, name, fromOf(request)), request, reply));
  });
  route(router, operations.refreshLogin, async ({ request, reply }) => {
    const token = refreshCookieOf(request);
    if (token === null) throw new GatewayError('unauthorized', 'There is no cookie of a login.');
    try {
      return answer(200, loggedIn(await logins.refresh(token, fromOf(request)), request, reply));
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'unauthorized') clearRefreshCookie(request, reply);
      throw error;
    }
  });
  route(router, operations.logout, async ({ request, reply }) => {
    const token = refreshCookieOf(request);
    if (token !== null) await logins.logOut(token);
    clearRefreshCookie(request, reply);
    return answer(200, done);
  });

  route(router, operations.whoAmI, async ({ caller }) => {
    const user = caller.login && (await store.accounts.users.get(caller.login.userId));
    const { role, tenantId, sessions } = caller;
    return answer(200, { role, tenantId, sessions: sessions && [...sessions], user: user && userResource(user) });
  });
  route(router, operations.changePassword, async ({ body, caller, request }) => {
    await logins.changePassword(personOf(caller), body.current, body.password, fromOf(request));
    return answer(200, done);
  });
  route(router, operations.listLogins, async ({ caller }) => {
    const known = caller.login === null ? [] : await logins.of(caller.login.userId);
    const current = caller.login?.id ?? null;
    return answer(200, { data: known.map((one) => loginResource(one, current)), nextCursor: null });
  });
  route(router, operations.revokeLogin, async ({ params, caller }) => {
    const { login } = caller;
    if (!login || !(await logins.end(login.userId, params.id as LoginId))) throw new GatewayError('login_not_found');
    return answer(200, done);
  });
  route(router, operations.createTicket, ({ caller }) =>
    answer(201, { ticket: tickets.make(caller), expiresIn: TICKET_SECONDS }),
  );
}

const fromOf = (request: FastifyRequest): From => ({
  address: request.ip,
  userAgent: request.headers['user-agent'] ?? null,
});

function loggedIn(
  { accessToken, expiresIn, refreshToken, user }: Opened,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  setRefreshCookie(request, reply, refreshToken);
  return { accessToken, expiresIn, user: userResource(user) };
}

function personOf({ login }: Caller): NonNullable<Caller['login']> {
  if (login === null)
    throw new GatewayError('forbidden', 'This is for people who are logged in; a key has no password.');
  return login;
}
