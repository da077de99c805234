import type { Command } from '../../command.ts';
import { installedExtensions } from './installed.ts';

export const command: Command = {
  name: 'extension list',
  summary: 'List the installed extensions.',
  arguments: [],
  async run(context) {
    return installedExtensions(context.config).map(({ name, path, version }) => ({
      experimental: false,
      extensionType: 'whl',
      name,
      path,
      preview: false,
      version,
    }));
  },
};
