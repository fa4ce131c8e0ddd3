/** What the harness and the receiver of webhooks say to each other. */

/** Answered with that many arrivals, in their order, when they are there. */
export type Claim = { readonly count: number };

/** `at`: on the clock of `process.hrtime`, which all processes of a machine share. */
export type Arrival = { readonly text: string; readonly at: bigint };
