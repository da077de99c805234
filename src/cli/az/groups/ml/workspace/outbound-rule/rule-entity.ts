import { compact } from '../../entity.ts';
import { snake } from '../../job/wire-words.ts';

export type RuleResource = { readonly name: string; readonly properties: Readonly<Record<string, unknown>> };

/** The wire's kinds of rule, by the words of `--type`. */
export const RULE_TYPES: Readonly<Record<string, string>> = {
  fqdn: 'FQDN',
  private_endpoint: 'PrivateEndpoint',
  service_tag: 'ServiceTag',
};

/** An outbound rule as az prints it (client source). */
export function ruleEntity({ name, properties }: RuleResource): Record<string, unknown> {
  const { destination, type } = properties;
  return compact({
    name,
    type: Object.entries(RULE_TYPES).find(([, wire]) => wire === type)?.[0] ?? type,
    category: properties['category'],
    destination:
      typeof destination === 'object' && destination !== null
        ? Object.fromEntries(Object.entries(destination).map(([key, value]) => [snake(key), value]))
        : destination,
    fqdns: properties['fqdns'],
    status: properties['status'],
  });
}
