// Where a Chromium is looked for: by the set-up, by the tests, and by the last lines of a test run.
import { existsSync } from 'node:fs';

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** CHROME_PATH, else the first of the usual places that exists; undefined when there is none. */
export function findChromium() {
  const places = process.env.CHROME_PATH ? [process.env.CHROME_PATH] : usual;
  return places.find((path) => existsSync(path));
}
