/**
 * The one connection that writes. It holds a lock that keeps a second server out, and comes back by itself when the database went away.
 * A lock alone is no fence (it is gone with its connection): every commit also checks the `epoch` of the row in `writer`, which each server
 * that takes the database over counts up.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import type { GatewayError } from '../domain/gateway-error.ts';
import type { Log } from '../ports/log.ts';
import { databaseUnavailable, StoreUnusable } from './failures.ts';
import { connectionOptions, SETTINGS, sqlStateOf } from './postgres.ts';
import { complaint } from './postgres-doctor.ts';
import { unlessAborted } from './unless-aborted.ts';

export type LinkOptions = {
  url: string;
  log: Log;
  /** For how long an outage only delays what is asked for; then it is refused until the database is back. */
  patienceMs?: number;
  /** Another server has taken the database over: nothing can be written any more. Called once. */
  onTakenOver(): void;
};

/** `client` is in pipeline mode: statements leave at once and are answered in their order. */
type State =
  | { name: 'up'; client: pg.Client }
  | { name: 'down'; since: number; refusal: GatewayError | null }
  | { name: 'over'; refusal: GatewayError };

const PATIENCE_MS = 5_000;
const LOCK_WAIT_MS = 3_000;
const LONGEST_PAUSE_MS = 3_000;

/** The first half of the lock's key ("zap"); the second is the schema, so that two schemas of one database are two installations. */
const LOCK_KEY = 0x7a6170;

/** A half-open connection is found within half a minute, on both sides; a transaction of a server that hangs is given up. */
const WRITER_SETTINGS = `
  ${SETTINGS};
  set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3;
  set idle_in_transaction_session_timeout = 30000; set lock_timeout = ${LOCK_WAIT_MS};
  select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`;

export class PostgresLink {
  readonly #options: LinkOptions;
  /** Names the connections of this link to the server, and no others. */
  readonly #name = `zapfleet ${randomUUID()}`;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<{ patient: boolean; one: PromiseWithResolvers<pg.Client> }>();
  #state: State = { name: 'down', since: 0, refusal: null };
  #epoch: number | null = null;

  private constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Rejects with what pg says, or with `StoreUnusable`. */
  static async open(options: LinkOptions): Promise<PostgresLink> {
    const link = new PostgresLink(options);
    link.#state = { name: 'up', client: await link.#attach() };
    return link;
  }

  /** From now on this server is the one that writes. To be called once the tables are there. Answers how many commits there were. */
  async takeOver(): Promise<number> {
    const client = await this.connection();
    const { rows } = await client.query<{ epoch: number; commits: number }>(
      'update writer set epoch = epoch + 1 where id = 1 returning epoch, commits',
    );
    const [row] = rows;
    if (!row) throw new StoreUnusable('The row of the table "writer" is missing; restore the database from a backup.');
    this.#epoch = row.epoch;
    return row.commits;
  }

  get epoch(): number {
    if (this.#epoch === null) throw new Error('the database was not taken over yet');
    return this.#epoch;
  }

  /**
   * The connection, now or when it is back. Rejects when the outage has lasted too long (`patient`: only when there is none to come) with
   * `database_unavailable`.
   */
  connection(patient = false): Promise<pg.Client> {
    const state = this.#state;
    if (state.name === 'up') return Promise.resolve(state.client);
    if (state.refusal && (state.name === 'over' || !patient)) return Promise.reject(state.refusal);
    const one = Promise.withResolvers<pg.Client>();
    this.#waiting.add({ patient, one });
    return one.promise;
  }

  /** Resolves when the connection is there. Rejects with the signal's reason, and when there is none to come. */
  async back(signal: AbortSignal): Promise<void> {
    await unlessAborted(this.connection(true), signal);
  }

  /** Why nothing can be done now; null while it can, or may within moments. */
  get refusal(): GatewayError | null {
    return this.#state.name === 'up' ? null : this.#state.refusal;
  }

  /** Somebody found the connection broken. */
  broken(client: pg.Client, cause: unknown): void {
    if (this.#state.name !== 'up' || this.#state.client !== client) return;
    const { log, patienceMs = PATIENCE_MS } = this.#options;
    const since = Date.now();
    this.#state = { name: 'down', since, refusal: null };
    discard(client);
    log.warn({ reason: complaint(cause) }, 'The database went away; the server tries to reach it again');
    const timer = setTimeout(() => this.#refuse(since), patienceMs);
    void this.#comeBack().finally(() => clearTimeout(timer));
  }

  /** Another server writes now. */
  takenOver(): void {
    if (this.#state.name === 'over') return;
    this.#end(databaseUnavailable('Another server has taken the database over.'));
    this.#options.onTakenOver();
  }

  async close(): Promise<void> {
    const { client } = this.#state.name === 'up' ? this.#state : { client: null };
    this.#end(databaseUnavailable('The database is closed.'));
    await client?.end();
  }

  #end(refusal: GatewayError): void {
    if (this.#state.name === 'up') discard(this.#state.client);
    this.#state = { name: 'over', refusal };
    this.#closing.abort();
    this.#settle(
      () => true,
      ({ reject }) => reject(refusal),
    );
  }

  #refuse(since: number): void {
    if (this.#state.name !== 'down' || this.#state.since !== since) return;
    const refusal = databaseUnavailable('The database does not answer. Nothing was changed.');
    this.#state = { name: 'down', since, refusal };
    this.#settle(
      ({ patient }) => !patient,
      ({ reject }) => reject(refusal),
    );
  }

  #settle(
    which: (waiting: { patient: boolean }) => boolean,
    how: (one: PromiseWithResolvers<pg.Client>) => void,
  ): void {
    for (const waiting of [...this.#waiting].filter(which)) {
      this.#waiting.delete(waiting);
      how(waiting.one);
    }
  }

  async #comeBack(): Promise<void> {
    const { signal } = this.#closing;
    let told = '';
    for (let pause = 50; this.#state.name === 'down'; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        const client = await this.#attach();
        if (this.#isOver()) {
          discard(client);
          return;
        }
        const { since } = this.#state;
        this.#state = { name: 'up', client };
        this.#options.log.info({ ms: Date.now() - since }, 'The database is back');
        this.#settle(
          () => true,
          ({ resolve }) => resolve(client),
        );
      } catch (error) {
        const reason = complaint(error);
        if (reason !== told && !signal.aborted) this.#options.log.warn({ reason }, 'The database is still away');
        told = reason;
        await after(pause * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** A function, because the state changes while somebody waits. */
  #isOver(): boolean {
    return this.#state.name === 'over';
  }

  async #attach(): Promise<pg.Client> {
    const client = new pg.Client({ ...connectionOptions(this.#options.url, this.#name), pipeline: true });
    client.on('error', (error) => this.broken(client, error));
    client.on('end', () => this.broken(client, new Error('the server ended the connection')));
    try {
      await client.connect();
      await client.query(WRITER_SETTINGS);
      // Who has taken the database over has the lock for good; without it nobody can take it over while we look.
      await this.#checkEpoch(client);
      await this.#lock(client);
      await this.#checkEpoch(client);
      return client;
    } catch (error) {
      discard(client);
      throw error;
    }
  }

  async #lock(client: pg.Client): Promise<void> {
    // What is left of a connection that we lost, and the server did not notice yet, would keep us out too.
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = $1 and datname = current_database() and pid <> pg_backend_pid()`,
      [this.#name],
    );
    try {
      await client.query(`select pg_advisory_lock(${LOCK_KEY}, hashtext(current_schema()))`);
    } catch (error) {
      if (sqlStateOf(error) !== '55P03') throw error;
      throw new StoreUnusable('The database is in use by another process; only one server may run on it.', {
        cause: error,
      });
    }
    await client.query('set lock_timeout = 0');
  }

  async #checkEpoch(client: pg.Client): Promise<void> {
    if (this.#epoch === null) return;
    const { rows } = await client.query<{ epoch: number }>('select epoch from writer where id = 1');
    if (rows[0]?.epoch === this.#epoch) return;
    this.takenOver();
    throw new Error('another server has taken the database over');
  }
}

/** Whatever it still says concerns nobody. */
function discard(client: pg.Client): void {
  client.removeAllListeners('error').removeAllListeners('end');
  client.on('error', () => undefined);
  void client.end().catch(() => undefined);
}
