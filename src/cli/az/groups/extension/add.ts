import type { Command } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { installedExtensions, recordExtension } from './installed.ts';

export const command: Command = {
  name: 'extension add',
  summary: 'Add an extension.',
  arguments: [
    { name: 'name', options: ['--name', '-n'], kind: 'value', help: 'Name of extension.' },
    { name: 'source', options: ['--source', '-s'], kind: 'value', help: 'Filepath or URL to an extension.' },
    { name: 'upgrade', options: ['--upgrade', '-u'], kind: 'flag', help: 'Update the extension if already installed.' },
    { name: 'version', options: ['--version'], kind: 'value', help: 'The specific version of an extension.' },
    { name: 'yes', options: ['--yes', '-y'], kind: 'flag', help: 'Do not prompt for confirmation.' },
    {
      name: 'allow_preview',
      options: ['--allow-preview'],
      kind: 'value',
      help: 'Include preview packages when installing.',
    },
    { name: 'index', options: ['--index'], kind: 'value', hidden: true, help: 'Base URL of a Python index.' },
    { name: 'pip_proxy', options: ['--pip-proxy'], kind: 'value', hidden: true, help: 'Proxy for pip.' },
    {
      name: 'pip_extra_index_urls',
      options: ['--pip-extra-index-urls'],
      kind: 'list',
      hidden: true,
      help: 'More indexes.',
    },
    { name: 'system', options: ['--system'], kind: 'flag', hidden: true, help: 'Use a system directory.' },
  ],
  examples: [{ text: 'Add the machine learning extension', command: 'az extension add -n ml' }],
  async run(context, args) {
    // `--source …/ml-2.42.0-py3-none-any.whl` names an extension as well: what is built in stands for it.
    const source = args.text('source');
    const name = args.text('name') ?? (source ? /([^/\\]+?)-\d[^/\\]*\.whl$/.exec(source)?.[1] : undefined);
    if (!name) throw usageError('usage error: --name NAME | --source SOURCE');
    const fresh = recordExtension(context.config, name);
    const wanted = args.text('version');
    const built = installedExtensions(context.config).find((extension) => extension.name === name)?.version;
    if (wanted && wanted !== built)
      context.warn(`Extension '${name}' ${built} is built in and is used in place of ${wanted}.`);
    else if (!fresh && !args.flag('upgrade')) context.warn(`Extension '${name}' ${built} is already installed.`);
    return undefined;
  },
};
