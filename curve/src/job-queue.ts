/**
 * libsignal's job queue, with the same contract: jobs of one bucket run one after another, whatever became of the one before.
 *
 * The original runs every waiting job inside the async context of whoever came first. A bucket is a remote address, which
 * sessions of the same process share, so a job of one session could run in the context of another's and mix their writes.
 */
const tails = new Map<string, Promise<void>>();

export function queueJob<T>(bucket: string, job: () => Promise<T>): Promise<T> {
  const before = tails.get(bucket);
  const result = before === undefined ? job() : before.then(job);
  const tail = result.then(nothing, nothing);
  tails.set(bucket, tail);
  void tail.then(() => {
    if (tails.get(bucket) === tail) tails.delete(bucket);
  });
  return result;
}

function nothing(): void {
  // the tail only says that the job is over
}
