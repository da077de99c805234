import type { Args, Argument, Command } from '../../../../command.ts';
import { commandError } from '../../../../errors.ts';
import { noWaitArgument } from '../../../../shared-arguments.ts';
import { compact } from '../../entity.ts';
import { openWorkspace, workspaceArguments } from '../scope.ts';
import { RULE_API, ruleArgument, rulePath } from './rule-api.ts';
import { RULE_TYPES, type RuleResource, ruleEntity } from './rule-entity.ts';

const value = (name: string, help: string): Argument => ({
  name,
  options: [`--${name.replaceAll('_', '-')}`],
  kind: 'value',
  help,
});

/** What each kind of rule must have, and may have. */
const NEEDS: Readonly<Record<string, { readonly must: readonly string[]; readonly may: readonly string[] }>> = {
  fqdn: { must: ['destination'], may: [] },
  service_tag: { must: ['service_tag', 'protocol', 'port_ranges'], may: ['address_prefixes'] },
  private_endpoint: { must: ['service_resource_id', 'subresource_target'], may: ['spark_enabled', 'fqdns'] },
};

export const command: Command = {
  name: 'ml workspace outbound-rule set',
  summary: 'Add or update an outbound rule in the managed network of a workspace.',
  arguments: [
    ...workspaceArguments,
    ruleArgument,
    { ...value('type', 'The type of rule: fqdn, private_endpoint, service_tag.'), required: true },
    value('destination', 'For FQDN rules: the name to which outbound connections are allowed.'),
    value('service_tag', 'For service tag rules: the service tag.'),
    value('address_prefixes', 'For service tag rules: CIDR prefixes, separated by commas.'),
    value('protocol', 'For service tag rules: TCP, UDP, ICMP or *.'),
    value('port_ranges', 'For service tag rules: ports and ranges, separated by commas.'),
    value('service_resource_id', 'For private endpoint rules: the id of the service.'),
    value('subresource_target', 'For private endpoint rules: the target endpoint of the service.'),
    value('spark_enabled', 'For private endpoint rules: whether Spark jobs may use it. Default: false.'),
    value('fqdns', 'For private endpoint rules: names of the endpoint, separated by commas.'),
    noWaitArgument,
  ],
  async run(context, args) {
    const properties = ruleToWire(args);
    const workspace = await openWorkspace(context, args);
    const rule = await workspace.arm.operate<RuleResource>(
      {
        method: 'PUT',
        path: rulePath(workspace, args.need('rule')),
        apiVersion: RULE_API,
        body: { properties },
      },
      !args.flag('no_wait'),
    );
    return rule && ruleEntity(rule);
  },
};

function ruleToWire(args: Args): Record<string, unknown> {
  const type = args.need('type');
  const needs = Object.hasOwn(NEEDS, type) ? NEEDS[type] : undefined;
  if (!needs) throw commandError(`--type must be one of the following: ${Object.keys(NEEDS).join(', ')}.`);
  const words = (names: readonly string[]) => names.map((name) => `--${name.replaceAll('_', '-')}`).join(', ');
  const given = Object.values(NEEDS)
    .flatMap(({ must, may }) => [...must, ...may])
    .filter((name) => args.text(name) !== undefined);
  const foreign = given.filter((name) => !needs.must.includes(name) && !needs.may.includes(name));
  if (foreign.length || needs.must.some((name) => !given.includes(name))) {
    const optional = needs.may.length ? ` Optional: ${words(needs.may)}.` : '';
    throw commandError(`A rule of type ${type} takes ${words(needs.must)}.${optional}`);
  }
  const list = (name: string) =>
    args
      .text(name)
      ?.split(',')
      .map((one) => one.trim());
  const common = { type: RULE_TYPES[type], category: 'UserDefined' };
  if (type === 'fqdn') return { ...common, destination: args.need('destination') };
  if (type === 'service_tag')
    return {
      ...common,
      destination: compact({
        serviceTag: args.need('service_tag'),
        protocol: args.need('protocol'),
        portRanges: args.need('port_ranges'),
        addressPrefixes: list('address_prefixes'),
      }),
    };
  return compact({
    ...common,
    destination: {
      serviceResourceId: args.need('service_resource_id'),
      subresourceTarget: args.need('subresource_target'),
      sparkEnabled: /^true$/i.test(args.text('spark_enabled') ?? ''),
    },
    fqdns: list('fqdns'),
  });
}
