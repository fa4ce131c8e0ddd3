// The secret of a one-time address. It is taken out of the address bar at once, so that it stays in no history and no screenshot.
export function takeToken() {
  const shown = new URLSearchParams(location.hash.slice(1)).get('token') ?? new URLSearchParams(location.search).get('token');
  if (shown !== null) history.replaceState(null, '', location.pathname);
  return shown;
}
