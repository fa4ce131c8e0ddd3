export const phonesKey = ['sandbox', 'phones'] as const;
/** The network tells of nothing by itself. */
export const LOOK_AGAIN_MS = 1500;
