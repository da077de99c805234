import { isDeepStrictEqual } from 'node:util';
import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { noWaitArgument } from '../../../shared-arguments.ts';
import { textMap } from '../job/wire-words.ts';
import { checkYaml } from '../load/check-yaml.ts';
import { applyUpdates, updateArguments } from '../load/generic-update.ts';
import { shaped } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { openWorkspace } from '../workspace/scope.ts';
import { getSchedule, putSchedule, scheduleArguments } from './schedule-api.ts';
import { scheduleEntity } from './schedule-entity.ts';
import { TRIGGER, triggerToWire } from './trigger-wire.ts';

const CHANGEABLE = ['display_name', 'description', 'tags', 'properties', 'trigger', 'is_enabled'];

export const command: Command = {
  name: 'ml schedule update',
  summary: 'Update a schedule.',
  description: `Of a schedule ${CHANGEABLE.join(', ')} can change; another job is another schedule.`,
  arguments: [...scheduleArguments, ...updateArguments, noWaitArgument],
  examples: [
    {
      text: 'Run a schedule at another time',
      command:
        'az ml schedule update --name nightly --set trigger.expression="30 2 * * *" -g my-resource-group -w my-workspace',
    },
  ],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const name = args.need('name');
    const resource = await getSchedule(workspace, name);
    const before = scheduleEntity(resource);
    const after = applyUpdates(before, args) as YamlMap;
    const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (key) => !isDeepStrictEqual(before[key], after[key]),
    );
    const fixed = changed.filter((key) => !CHANGEABLE.includes(key));
    if (fixed.length)
      throw commandError(
        `${fixed.join(', ')}: of a schedule ${CHANGEABLE.join(', ')} can change, found in --set, --add or --remove.`,
      );
    checkYaml({ trigger: after['trigger'] ?? {} }, { trigger: shaped(TRIGGER) }, name, 'schedule');
    const text = (key: string) => (after[key] ? pythonText(after[key]) : null);
    const properties = {
      ...resource.properties,
      displayName: text('display_name'),
      description: text('description'),
      tags: textMap(after['tags']),
      properties: textMap(after['properties']),
      isEnabled: /^true$/i.test(pythonText(after['is_enabled'])),
      ...(changed.includes('trigger') && isMap(after['trigger']) ? { trigger: triggerToWire(after['trigger']) } : {}),
    };
    return putSchedule(workspace, name, properties, !args.flag('no_wait'));
  },
};
