import type { Command } from '../../command.ts';
import { requireExtension } from './installed.ts';

export const command: Command = {
  name: 'extension show',
  summary: 'Show an extension.',
  arguments: [{ name: 'name', options: ['--name', '-n'], kind: 'value', required: true, help: 'Name of extension.' }],
  async run(context, args) {
    const { name, path, version } = requireExtension(context.config, args.need('name'));
    return { extensionType: 'whl', metadata: { name, version }, name, path, version };
  },
};
