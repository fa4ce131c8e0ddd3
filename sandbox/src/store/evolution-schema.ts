/** What the Evolution servers keep, as they spell it. */
export const EVOLUTION_SCHEMA = `
CREATE TABLE IF NOT EXISTS evolution_rows (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
`;
