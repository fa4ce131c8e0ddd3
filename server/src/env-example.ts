/** The text of `.env.example`: every variable with its sentence and its default. */
import { Variables } from './variables.ts';

export function envExample(): string {
  const variables = Object.entries(Variables.shape).map(([name, schema]) => {
    const usual = schema.safeParse(undefined);
    const value = usual.success && usual.data !== undefined ? textOf(usual.data) : '';
    return `# ${schema.meta()?.description ?? ''}\n#${name}=${value}\n`;
  });
  const head =
    '# Copy this file to .env and take away the # of what you change. What stands here are the defaults.\n' +
    '# The real environment wins over the file. Written by `npm run generate`.\n';
  return [head, ...variables].join('\n');
}

/** A default as it would stand in the file. */
function textOf(usual: unknown): string {
  return typeof usual === 'string' || typeof usual === 'number' || typeof usual === 'boolean' ? String(usual) : '';
}
