/** Loaded into a server under test by `--import`: it is told to stop in the very moment in which it says that it is ready. */
const { write } = process.stdout;

process.stdout.write = function (this: typeof process.stdout, ...given: Parameters<typeof write>) {
  const written = write.apply(this, given);
  if (String(given[0]).startsWith('Zapfleet is ready')) process.kill(process.pid, 'SIGTERM');
  return written;
} as typeof write;
