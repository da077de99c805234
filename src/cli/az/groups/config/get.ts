import type { Command } from '../../command.ts';
import { commandError } from '../../errors.ts';
import { sectionAndName, settingsOf } from './settings.ts';

export const command: Command = {
  name: 'config get',
  summary: 'Get a configuration.',
  arguments: [
    {
      name: 'key',
      options: [],
      kind: 'value',
      help: 'The configuration to get: <section> or <section>.<name>; all when not given.',
    },
  ],
  async run(context, args) {
    const key = args.text('key');
    const { env } = context.io;
    if (key === undefined) {
      const sections = Object.keys(context.config.sections());
      return Object.fromEntries(sections.map((section) => [section, settingsOf(context.config, env, section)]));
    }
    if (!key.includes('.')) return settingsOf(context.config, env, key);
    const [section, name] = sectionAndName(key);
    const setting = settingsOf(context.config, env, section).find((one) => one.name === name.toLowerCase());
    if (!setting) throw commandError(`Configuration '${key}' is not set.`);
    return setting;
  },
};
