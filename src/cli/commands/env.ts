import { value } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';
import { exitCode } from '../exit-code.ts';

export const env: CommandDefinition = {
  name: 'env',
  summary: 'Print the variables that point az, SDKs and scripts at the server',
  description:
    "The variables hold a credential of the session: keep them in the shell, don't save them in a file that others read.",
  options: [
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['sh', 'fish', 'powershell', 'dotenv', 'json'],
      summary: 'sh (default), fish, powershell, dotenv or json',
    },
  ],
  examples: [
    { line: 'eval "$(millrace env)"', says: "from now on this shell's az, Python SDK and scripts talk to Millrace" },
    { line: 'millrace env --format json', says: 'for a program' },
  ],
  async run(parsed, io) {
    if (!(await io.host.describe())) {
      io.stderr.write(`No server runs on ${io.host.dataDirectory}. Start one in another terminal: millrace up\n`);
      return exitCode.failed;
    }
    io.stdout.write(formatEnvironment(await io.host.environment(), value(parsed, 'format') ?? 'sh'));
    return exitCode.succeeded;
  },
};

/** Variables as statements of a shell (or JSON), every value quoted so that the shell takes it literally. */
function formatEnvironment(variables: Readonly<Record<string, string>>, format: string): string {
  if (format === 'json') return `${JSON.stringify(variables, null, 2)}\n`;
  const line = (name: string, text: string) => {
    const single = text.replaceAll("'", `'\\''`);
    switch (format) {
      case 'fish':
        return `set -gx ${name} '${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
      case 'powershell':
        return `$env:${name} = '${text.replaceAll("'", "''")}'`;
      case 'dotenv':
        return `${name}=${JSON.stringify(text)}`;
      default:
        return `export ${name}='${single}'`;
    }
  };
  return Object.entries(variables)
    .map(([name, text]) => `${line(name, text)}\n`)
    .join('');
}
