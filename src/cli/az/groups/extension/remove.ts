import type { Command } from '../../command.ts';
import { forgetExtension } from './installed.ts';

export const command: Command = {
  name: 'extension remove',
  summary: 'Remove an extension.',
  arguments: [{ name: 'name', options: ['--name', '-n'], kind: 'value', required: true, help: 'Name of extension.' }],
  async run(context, args) {
    forgetExtension(context.config, args.need('name'));
    return undefined;
  },
};
