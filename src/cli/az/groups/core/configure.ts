import type { Command } from '../../command.ts';
import { commandError, usageError } from '../../errors.ts';
import { settingsOf } from '../config/settings.ts';

export const command: Command = {
  name: 'configure',
  summary: 'Manage Azure CLI configuration: default values of arguments.',
  arguments: [
    {
      name: 'defaults',
      options: ['--defaults', '-d'],
      kind: 'list',
      help: "Space-separated 'name=value' pairs for common argument defaults. An empty value clears one.",
    },
    { name: 'list_defaults', options: ['--list-defaults', '-l'], kind: 'flag', help: 'List all applicable defaults.' },
  ],
  examples: [
    {
      text: 'Set default resource group and workspace',
      command: 'az configure --defaults group=my-group workspace=my-workspace',
    },
  ],
  async run(context, args) {
    const defaults = args.list('defaults');
    if (defaults) {
      const values: Record<string, string> = {};
      for (const pair of defaults) {
        const at = pair.indexOf('=');
        if (at < 1) throw usageError(`usage error: --defaults STRING=STRING STRING=STRING ..., found '${pair}'`);
        values[pair.slice(0, at)] = pair.slice(at + 1);
      }
      context.config.set('defaults', values);
      return undefined;
    }
    if (args.flag('list_defaults')) return settingsOf(context.config, context.io.env, 'defaults');
    throw commandError(
      'az configure asks its questions on a terminal only in the Azure CLI. Use --defaults or --list-defaults.',
    );
  },
};
