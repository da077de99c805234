import { flag } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { createStyle, wantsColour } from '../view/style.ts';

export const doctor: CommandDefinition = {
  name: 'doctor',
  summary: 'Check what this machine has and lacks',
  description:
    'Looks at Node, git, Python interpreters, uv, az, ports, the data directory, disk space and proxies. Changes nothing.',
  options: [{ name: 'json', summary: 'print JSON' }],
  examples: [
    { line: 'millrace doctor', says: 'exit code 1 when something is missing that Millrace cannot do without' },
  ],
  async run(parsed, io) {
    const { checkMachine } = await import('../machine-checks.ts');
    const findings = await checkMachine({
      env: io.env,
      dataDirectory: io.host.dataDirectory,
      nodeVersion: process.versions.node,
      serverRuns: async () => (await io.host.describe()) !== undefined,
    });
    if (flag(parsed, 'json')) {
      io.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
    } else {
      const style = createStyle(wantsColour(io.stdout, io.env));
      const glyphs = { ok: style.green('✓'), warning: style.yellow('!'), problem: style.red('✗') };
      for (const finding of findings) {
        io.stdout.write(`${glyphs[finding.state]} ${finding.name}: ${finding.found}\n`);
        if (finding.next) io.stdout.write(`    ${finding.next}\n`);
      }
    }
    return findings.some((finding) => finding.state === 'problem') ? exitCode.failed : exitCode.succeeded;
  },
};
