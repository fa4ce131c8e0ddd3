/** What `npm start` hands to Node before the file that it runs: from package.json, with paths that hold in every working folder. */
export const nodeArgsOfStart: readonly string[];
