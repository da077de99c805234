import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { camel, serviceName, textMap, wholeNumber } from './wire-words.ts';

/** The services of a job, or in snake case of a node, on the wire; undefined where the YAML has none. */
export function servicesToWire(data: YamlMap, spelling: 'camel' | 'snake'): Record<string, unknown> | undefined {
  const key = (name: string) => (spelling === 'camel' ? camel(name) : name);
  if (!isMap(data['services'])) return undefined;
  return Object.fromEntries(
    Object.entries(data['services']).map(([name, service]) => {
      const map = isMap(service) ? service : {};
      const port = wholeNumber(map['port']);
      const own = Object.entries({ ssh_public_keys: 'sshPublicKeys', log_dir: 'logDir' }).flatMap(([yaml, wire]) =>
        map[yaml] === undefined || map[yaml] === null ? [] : [[wire, pythonText(map[yaml])]],
      );
      const properties = { ...textMap(map['properties']), ...Object.fromEntries(own) };
      return [
        name,
        {
          [key('job_service_type')]: serviceName(pythonText(map['type'] ?? map['job_service_type'] ?? 'custom')),
          ...(port === undefined ? {} : { port }),
          ...(map['nodes'] ? { nodes: { [key('nodes_value_type')]: 'All' } } : {}),
          ...(isMap(map['properties']) || own.length ? { properties } : {}),
        },
      ];
    }),
  );
}
