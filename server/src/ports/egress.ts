/** HTTP to addresses that strangers name: webhooks, media, other servers. Nothing private is reached unless the operator allowed it. */

/** Which addresses beside the public ones may be reached: the private ones, none, or those in `ranges` (CIDRs). */
export type AddressAllowance = boolean | { readonly ranges: readonly string[] };

export type HostAddress = { readonly address: string; readonly family: 4 | 6 };

export type EgressHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export type EgressPost = {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
  /** For everything: name, connection, answer. */
  withinMs: number;
  /** How many bytes of the answer's body are kept; the rest is thrown away, and from some length on not even read. */
  keep: number;
  signal?: AbortSignal;
};

/** `body` is what was kept, as text. */
export type EgressPosted = { status: number; headers: EgressHeaders; body: string };

export type EgressRequest = {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** In pieces: they are read once, as fast as they are taken. */
  body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** How often an answer that names another address is followed, for GET and HEAD; each hop is checked anew. 0: it is an answer like others. */
  redirects: number;
  /** Until the headers of the last hop. */
  headersWithinMs: number;
  /** Until the end of the body. */
  withinMs: number;
  /** A longer body fails with `too_large`, at once where its length is announced. In bytes. */
  largestBody: number;
  signal?: AbortSignal;
};

export type EgressAnswer = {
  status: number;
  headers: EgressHeaders;
  /** Where the answer came from in the end. */
  url: string;
  /** Fails with `EgressFailure`. The connection waits until it is read to its end or discarded. */
  body: AsyncIterable<Uint8Array>;
  /** Closes the connection: nobody wants the rest. */
  discard(): void;
};

/** Everything fails with `EgressFailure`. Names are looked up for each connection, and a connection goes only to what was checked. */
export type Egress = AsyncDisposable & {
  /** Follows no redirects: their status is an answer. */
  post(request: EgressPost): Promise<EgressPosted>;
  request(request: EgressRequest): Promise<EgressAnswer>;
  /** Whether this address could be called now. A name that is not known fails with `name_not_found`. */
  check(url: string): Promise<void>;
  /** Where a host may be reached, for sockets that are not HTTP: connect to one of these and to nothing else. */
  addressesOf(host: string): Promise<readonly HostAddress[]>;
};
