import type { Command } from '../../command.ts';
import { installedExtensions } from '../extension/installed.ts';

/** The public client whose behaviour ours follows. Scripts compare it against the least version that they need. */
const AZURE_CLI_VERSION = '2.91.0';

export const command: Command = {
  name: 'version',
  summary:
    'Show the versions of Azure CLI modules and extensions in JSON format by default or format configured by --output.',
  arguments: [],
  async run(context) {
    const extensions = installedExtensions(context.config);
    return {
      'azure-cli': AZURE_CLI_VERSION,
      'azure-cli-core': AZURE_CLI_VERSION,
      'azure-cli-telemetry': '1.1.0',
      extensions: Object.fromEntries(extensions.map((extension) => [extension.name, extension.version])),
    };
  },
};
