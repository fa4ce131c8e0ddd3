/** What passes between the network and the thread in which its Evolution servers run. */

/** Two generations of the server's interface, as two servers: `v1` is 1.8, `v2` is 2.3. */
export type Generation = 'v1' | 'v2';

/** One HTTP request; `path` begins after the server's own address. `body` is read already; undefined: there was none. */
export type Asked = {
  readonly generation: Generation;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly apiKey: string | undefined;
  readonly body: unknown;
  /** Where it was reached. */
  readonly serverUrl: string;
};

export type Answered = { readonly status: number; readonly body: unknown };

/** What is wrong with the servers on purpose; see docs/sandbox.md. `instance`: only with this one. */
export type InstanceFault = {
  readonly kind: 'delete_leaves' | 'name_in_use' | 'webhook_wiped' | 'instance_lost' | 'open_lies';
  readonly times: number;
  readonly instance: string | undefined;
};

export type ThreadStart = {
  readonly networkUrl: string;
  /** Hex of 32 bytes. */
  readonly rootKey: string;
  /** PEM of the authority of the hosts of files. */
  readonly mediaCa: string;
  readonly apiKey: string;
  readonly rows: readonly (readonly [key: string, value: string])[];
};

export type ToThread =
  | { readonly type: 'ask'; readonly id: number; readonly asked: Asked }
  | { readonly type: 'fault'; readonly id: number; readonly fault: InstanceFault }
  | { readonly type: 'calm'; readonly id: number }
  /** Answered when everything before it was told. */
  | { readonly type: 'settle'; readonly id: number };

export type FromThread =
  | { readonly type: 'done'; readonly id: number; readonly answered: Answered | null }
  | { readonly type: 'put'; readonly key: string; readonly value: string | null };
