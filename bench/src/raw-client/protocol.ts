/** What the harness and the process of the raw library say to each other. */
export type Command =
  /** Opens a new session that shows a QR code; answered when it is connected. */
  | { readonly kind: 'pair'; readonly session: number }
  /** Writes all credentials into a file. */
  | { readonly kind: 'save'; readonly file: string }
  /** Reads them, and opens nothing yet. */
  | { readonly kind: 'load'; readonly file: string }
  /** Opens all that were loaded, so many at a time; answered when all are connected. */
  | { readonly kind: 'open'; readonly atATime: number }
  /** Answered when so many more messages have come in. */
  | { readonly kind: 'receive'; readonly count: number }
  /** Answered with the latencies when all are acknowledged and delivered. */
  | { readonly kind: 'send'; readonly messages: readonly RawMessage[]; readonly atATime: number };

export type RawMessage = { readonly session: number; readonly jid: string; readonly text: string };

export type Request = { readonly id: number; readonly command: Command };

export type Notice =
  | { readonly kind: 'qr'; readonly session: number; readonly qr: string }
  | { readonly kind: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly reason: string };
