/** What the Evolution servers and the web pages keep, as they spell it. */
export const KEPT_ROWS_SCHEMA = `
CREATE TABLE IF NOT EXISTS evolution_rows (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS web_rows (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
`;
