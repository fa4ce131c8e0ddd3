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
  /** Whether somebody looks at the client, as it says. */
  available = false;
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
  readonly #byPhone = new Map<string, Map<number, Connection>>();
  #size = 0;

  find(phone: string, device: number): Connection | undefined {
    return this.#byPhone.get(phone)?.get(device);
  }

  of(phone: string): Iterable<Connection> {
    return this.#byPhone.get(phone)?.values() ?? [];
  }

  /** Answers the connection that was there before, if any; it is the caller's to end. */
  replace(connection: Connection): Connection | undefined {
    const { phone, device } = connection;
    const before = this.find(phone, device);
    const devices = this.#byPhone.get(phone) ?? new Map<number, Connection>();
    this.#byPhone.set(phone, devices.set(device, connection));
    if (before === undefined) this.#size += 1;
    return before;
  }

  remove(connection: Connection): void {
    const devices = this.#byPhone.get(connection.phone);
    if (devices?.get(connection.device) !== connection) return;
    devices.delete(connection.device);
    if (devices.size === 0) this.#byPhone.delete(connection.phone);
    this.#size -= 1;
  }

  get size(): number {
    return this.#size;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return [...this.#byPhone.values()].flatMap((devices) => [...devices.values()])[Symbol.iterator]();
  }
}
