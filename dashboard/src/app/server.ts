/** The one client of the server that all screens use, and who it speaks for. Keys and tokens stay in memory: a reload asks the login's cookie. */
import { createClient, ZapfleetError } from '@zapfleet/sdk';

/** How a visitor got in: by a login, which renews itself, or by an API key, for as long as this tab lives. */
type Pass = { kind: 'login'; token: string; renewAt: number } | { kind: 'key'; token: string };

/** Says only that there may be a login to take up again; it opens nothing. */
const HINT = 'zapfleet.person';
/** A token is renewed so long before it ends. */
const EARLY_MS = 30_000;

let pass: Pass | null = null;
let renewing: Promise<boolean> | null = null;
let onLost: () => void = () => {};

/** Without a key: for what opens without one. */
export const visitor = createClient({ baseUrl: location.origin });

export const server = createClient({
  baseUrl: location.origin,
  apiKey: async () => {
    if (pass?.kind === 'login' && Date.now() > pass.renewAt) await renew();
    return pass?.token ?? null;
  },
  fetch: async (request) => {
    const again = pass?.kind === 'login' ? request.clone() : null;
    const response = await fetch(request);
    if (response.status !== 401 || pass === null || (await isAboutPassword(response))) return response;
    if (again === null || !(await renew())) {
      lose();
      return response;
    }
    again.headers.set('authorization', `Bearer ${pass.token}`);
    return fetch(again);
  },
});

/** A wrong password says nothing of our pass; to ask again would count as another try. */
async function isAboutPassword(response: Response): Promise<boolean> {
  const text = await response.clone().text();
  return text.includes('"wrong_password"');
}

/** Called when the server no longer takes what we have. */
export function whenLost(listener: () => void): void {
  onLost = listener;
}

function lose(): void {
  forget();
  onLost();
}

export function keepLogin({ accessToken, expiresIn }: { accessToken: string; expiresIn: number }): void {
  pass = { kind: 'login', token: accessToken, renewAt: Date.now() + expiresIn * 1000 - EARLY_MS };
  localStorage.setItem(HINT, '1');
}

export function keepKey(token: string): void {
  pass = { kind: 'key', token };
}

export function forget(): void {
  pass = null;
  localStorage.removeItem(HINT);
}

export const mayHaveLogin = (): boolean => localStorage.getItem(HINT) !== null;

/** Takes the login up again by its cookie; one call at a time. False: there is none, or the server does not take it. */
export function renew(): Promise<boolean> {
  renewing ??= visitor
    .refreshLogin()
    .then(
      (login) => {
        keepLogin(login);
        return true;
      },
      (error: unknown) => {
        // What may pass by itself must not log anybody out.
        if (error instanceof ZapfleetError && error.status !== 401 && error.status !== 403) throw error;
        return false;
      },
    )
    .finally(() => {
      renewing = null;
    });
  return renewing;
}
