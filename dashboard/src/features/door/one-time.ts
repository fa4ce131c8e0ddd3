let taken: string | null = null;

/** The secret of a one-time address. It is taken out of the address bar at once, so that it stays in no history and no screenshot. */
export function takeToken(): string | null {
  const { hash, search, pathname } = location;
  const shown = new URLSearchParams(hash.slice(1)).get('token') ?? new URLSearchParams(search).get('token');
  if (shown !== null) {
    taken = shown;
    history.replaceState(null, '', pathname);
  }
  return taken;
}
