/** What is shown this once. */
export type Once = { kind: 'key'; text: string } | { kind: 'link'; text: string; until: string };
