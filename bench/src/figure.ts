/** One thing that was measured, and what is required of it. */
export type Figure = {
  /** Stable, for programs: `inbound_cpu`. */
  readonly id: string;
  /** For people: `inbound text, CPU`. */
  readonly what: string;
  /** The size of the fleet; null where there is none. */
  readonly sessions: number | null;
  readonly unit: string;
  readonly zapfleet: number;
  /** The same load on the raw library in the same run; null where it has nothing like it. */
  readonly raw: number | null;
  /** What the sandbox itself took for each, in ms of CPU; it is a process of its own and in no other figure. */
  readonly sandbox: number | null;
  readonly required: Requirement | null;
  /** Whatever helps to judge the figure. */
  readonly detail: Readonly<Record<string, unknown>>;
};

export type Requirement = { readonly atMost: number } | { readonly atLeast: number };

export function isReached({ zapfleet, required }: Pick<Figure, 'zapfleet' | 'required'>): boolean | null {
  if (required === null) return null;
  return 'atMost' in required ? zapfleet <= required.atMost : zapfleet >= required.atLeast;
}

/** One line for programs. */
export function jsonLine(figure: Figure): string {
  const { id, sessions, unit, zapfleet, raw, sandbox, required, detail } = figure;
  return JSON.stringify({
    figure: id,
    sessions,
    unit,
    zapfleet: rounded(zapfleet),
    raw: raw === null ? null : rounded(raw),
    sandbox: sandbox === null ? null : rounded(sandbox),
    required,
    reached: isReached(figure),
    detail,
  });
}

/** Three significant digits are more than any of these measurements is good for. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
