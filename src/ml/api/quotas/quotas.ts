import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid } from '../../../kernel/errors.ts';
import {
  type ArmContext,
  callerName,
  checkCaller,
  checkGroup,
  PROVIDER,
  page,
  parameter,
  query,
} from '../../arm/context.ts';
import { scaleOf } from '../../compute/computes.ts';
import { VM_SIZES, vmSizeOf } from '../../compute/vm-sizes.ts';
import { workspaceResourceId } from '../../places.ts';
import { countField, fieldOf, textField } from '../../wire-fields.ts';

const LOCATION = `/subscriptions/:subscriptionId/providers/${PROVIDER}/locations/:name`;
/** What a limit says that nobody has set. */
const NO_LIMIT = -1;
const TIERS = ['Dedicated', 'LowPriority'] as const;

type Counted = {
  /** `Standard DSv2 Family Cluster Dedicated vCPUs` */
  readonly text: string;
  readonly family: string;
  readonly tier: (typeof TIERS)[number];
};

const COUNTED: readonly Counted[] = [...new Set(VM_SIZES.map((size) => size.family))].flatMap((family) =>
  TIERS.map((tier) => ({ text: `${family} Cluster ${tier} vCPUs`, family, tier })),
);
const wordOf = (counted: Counted) => counted.text.replaceAll(' ', '_');

/** What a location has: sizes, what of them is in use, and the limits that were set. */
export function addQuotaRoutes(service: FastifyInstance, context: ArmContext): void {
  const where = (request: FastifyRequest) => {
    checkCaller(request.principal);
    const subscriptionId = parameter(request, 'subscriptionId');
    checkGroup(subscriptionId, 'any');
    return { subscriptionId, location: parameter(request, 'name').toLowerCase() };
  };
  const workspacesIn = async (subscriptionId: string, location: string) =>
    (await context.workspaces.list(subscriptionId)).filter((one) => one.location === location);
  const limitsOf = async (subscriptionId: string) => {
    const kept = await context.resources.below(`/subscriptions/${subscriptionId}/providers/${PROVIDER}/quotas`);
    return new Map(
      kept.map((one) => [textField(one.document, 'id')?.toLowerCase(), countField(one.document, 'limit')]),
    );
  };
  const nameOf = (counted: Counted) => ({ value: counted.text, localizedValue: counted.text });

  service.get(`${LOCATION}/vmSizes`, async (request) => {
    where(request);
    const wanted = query(request, 'compute-type')?.toLowerCase();
    const kinds = ['AmlCompute', 'ComputeInstance'];
    if (wanted !== undefined && !kinds.some((kind) => kind.toLowerCase() === wanted)) return { value: [] };
    return {
      value: VM_SIZES.map((size) => ({
        name: size.name,
        family: `${size.family} vCPUs`,
        vCPUs: size.vCpus,
        gpus: size.gpus,
        osVhdSizeMB: 1_047_552,
        maxResourceVolumeMB: size.diskMb,
        memoryGB: size.memoryGb,
        lowPriorityCapable: true,
        premiumIO: /_[A-Z]+\d+[a-z]*s/.test(size.name) || size.name.startsWith('Standard_DS'),
        supportedComputeTypes: kinds,
      })),
    };
  });

  service.get(`${LOCATION}/usages`, async (request) => {
    const { subscriptionId, location } = where(request);
    const cores = new Map<string, number>();
    for (const workspace of await workspacesIn(subscriptionId, location))
      for (const compute of await context.computes.list(workspace.id)) {
        const size = vmSizeOf(textField(compute.settings, 'vmSize') ?? '');
        if (!size) continue;
        const tier =
          textField(compute.settings, 'vmPriority')?.toLowerCase() === 'lowpriority' ? 'LowPriority' : 'Dedicated';
        const key = `${size.family} ${tier}`;
        const nodes = context.clusters.counts(
          `${workspace.id}/${compute.name.toLowerCase()}`,
          scaleOf(compute, context.slots),
        ).current;
        cores.set(key, (cores.get(key) ?? 0) + nodes * size.vCpus);
      }
    const base = `/subscriptions/${subscriptionId}/providers/${PROVIDER}/locations/${location}/usages`;
    return page(
      request,
      COUNTED.map((counted) => ({
        id: `${base}/${wordOf(counted)}`,
        type: `${PROVIDER}/locations/usages`,
        amlWorkspaceLocation: location,
        unit: 'Count',
        currentValue: cores.get(`${counted.family} ${counted.tier}`) ?? 0,
        limit: NO_LIMIT,
        name: nameOf(counted),
      })),
    );
  });

  service.get(`${LOCATION}/quotas`, async (request) => {
    const { subscriptionId, location } = where(request);
    const limits = await limitsOf(subscriptionId);
    const found = await workspacesIn(subscriptionId, location);
    return page(
      request,
      found.flatMap((workspace) =>
        COUNTED.map((counted) => {
          const id = `${workspaceResourceId(workspace)}/quotas/${wordOf(counted)}`;
          return {
            id,
            type: `${PROVIDER}/workspaces/quotas`,
            amlWorkspaceLocation: location,
            unit: 'Count',
            limit: limits.get(id.toLowerCase()) ?? NO_LIMIT,
            name: nameOf(counted),
          };
        }),
      ),
    );
  });

  service.post(`${LOCATION}/updateQuotas`, async (request) => {
    const { subscriptionId, location } = where(request);
    const list = fieldOf(request.body, 'value');
    if (!Array.isArray(list))
      throw invalid("'value' must be a list of quotas, each with 'id' and 'limit'.", { target: 'value' });
    const known = new Set(
      (await workspacesIn(subscriptionId, location)).flatMap((workspace) =>
        COUNTED.map((counted) => `${workspaceResourceId(workspace)}/quotas/${wordOf(counted)}`.toLowerCase()),
      ),
    );
    const value = [];
    for (const entry of list.slice(0, 1000)) {
      const id = textField(entry, 'id') ?? '';
      const limit = countField(entry, 'limit');
      if (limit === undefined) throw invalid(`The quota '${id.slice(0, 200)}' needs 'limit'.`, { target: 'limit' });
      const isKnown = known.has(id.toLowerCase());
      if (isKnown)
        await context.resources.put(
          `/subscriptions/${subscriptionId}/providers/${PROVIDER}/quotas/${encodeURIComponent(id.toLowerCase())}`,
          { id, limit },
          callerName(request.principal),
        );
      value.push({
        id,
        type: `${PROVIDER}/workspaces/quotas`,
        unit: 'Count',
        limit,
        status: isKnown ? 'Success' : 'InvalidVMFamilyName',
      });
    }
    return { value };
  });
}
