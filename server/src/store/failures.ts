/** Faults of the database itself. Their messages are sentences for the operator. */

/** The store cannot be opened. `message` is one clear sentence: the start ends with it. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable';
}

/** A commit could not be written, nothing of it was kept, and the next one may succeed again (e.g. the disk is full). */
export class StoreWriteFailed extends Error {
  override readonly name = 'StoreWriteFailed';
}
