import type { Command } from './command.ts';

export const info: Command = {
  name: 'info',
  summary: 'tells about this session',
  answer: ({ session: { name, settings, account, state } }) =>
    [
      `Session: ${settings.label ?? name}`,
      ...(account ? [`Number: ${account.phoneNumber}`] : []),
      ...(state.name === 'connected' ? [`Connected since: ${readable(state.since)}`] : []),
    ].join('\n'),
};

/** `2026-01-31 12:00 UTC`. */
function readable(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
