import type { Link } from '../wire/link.ts';
import type { Stanza } from '../wire/stanza.ts';

/** A companion that is logged in. */
export class Connection {
  readonly phone: string;
  readonly device: number;
  readonly link: Link;
  /** `host:port` under which the client reached the network: the media host is there too. */
  readonly host: string;
  /** `waiting` until the client says that it is ready for its mail. */
  mail: 'waiting' | 'flowing' = 'waiting';
  /** The fault `silent`: what the client said meanwhile and nobody heard; undefined while it is heard. */
  unheard: Stanza[] | undefined;
  /** The newest mail that went over this connection. */
  lastSent = 0;

  constructor(phone: string, device: number, link: Link, host: string) {
    this.phone = phone;
    this.device = device;
    this.link = link;
    this.host = host;
  }

  /** Whether mail may go out as it comes. */
  get takesMail(): boolean {
    return this.mail === 'flowing' && this.unheard === undefined;
  }
}

/** The companions that are logged in now: one connection for each at most. */
export class Connections implements Iterable<Connection> {
  readonly #byDevice = new Map<string, Connection>();

  find(phone: string, device: number): Connection | undefined {
    return this.#byDevice.get(key(phone, device));
  }

  /** Answers the connection that was there before, if any; it is the caller's to end. */
  replace(connection: Connection): Connection | undefined {
    const before = this.find(connection.phone, connection.device);
    this.#byDevice.set(key(connection.phone, connection.device), connection);
    return before;
  }

  remove(connection: Connection): void {
    const name = key(connection.phone, connection.device);
    if (this.#byDevice.get(name) === connection) this.#byDevice.delete(name);
  }

  get size(): number {
    return this.#byDevice.size;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return [...this.#byDevice.values()][Symbol.iterator]();
  }
}

function key(phone: string, device: number): string {
  return `${phone}:${device}`;
}
