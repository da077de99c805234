import { invalid } from '../../kernel/errors.ts';
import { countField, fieldOf, type Json, objectField, secondsField, textField } from '../wire-fields.ts';
import type { ScaleSettings } from './cluster.ts';

/** What decides how many nodes a compute has. */
type Scaled = { readonly settings: Json; readonly stopped?: boolean };

/** A kind of compute. Whatever it is called, its jobs run on this machine. */
export type ComputeKind = {
  readonly computeType: string;
  /** Brought along rather than made by the service. */
  readonly attached: boolean;
  /** Paths in its settings that are never shown, only given back by listKeys where there are keys. */
  readonly secrets: readonly string[];
  /** Whether listKeys answers. */
  readonly hasKeys: boolean;
  scaleOf(compute: Scaled, slots: number): ScaleSettings;
};

/** The service's own default for nodes that have nothing to do. */
export const IDLE_SECONDS = 120;
/** A node that is always there. */
const ALWAYS = { idleSeconds: Number.MAX_SAFE_INTEGER / 1000 };

export const COMPUTE_KINDS: readonly ComputeKind[] = [
  {
    computeType: 'AmlCompute',
    attached: false,
    secrets: ['userAccountCredentials.adminUserPassword', 'userAccountCredentials.adminUserSshPublicKey'],
    hasKeys: false,
    scaleOf({ settings }) {
      const scale = objectField(settings, 'scaleSettings');
      const maxNodes = Math.max(1, countField(scale, 'maxNodeCount') ?? 1);
      return {
        minNodes: Math.min(maxNodes, Math.max(0, countField(scale, 'minNodeCount') ?? 0)),
        maxNodes,
        idleSeconds: secondsField(scale, 'nodeIdleTimeBeforeScaleDown') ?? IDLE_SECONDS,
        preemptible: textField(settings, 'vmPriority')?.toLowerCase() === 'lowpriority',
      };
    },
  },
  {
    computeType: 'ComputeInstance',
    attached: false,
    secrets: [],
    hasKeys: false,
    // One machine; while it is stopped, what asks for it waits.
    scaleOf: ({ stopped }) =>
      stopped ? { minNodes: 0, maxNodes: 0, ...ALWAYS } : { minNodes: 1, maxNodes: 1, ...ALWAYS },
  },
  {
    computeType: 'Kubernetes',
    attached: true,
    secrets: ['relayConnectionString', 'serviceBusConnectionString'],
    hasKeys: false,
    scaleOf: (_compute, slots) => ({ minNodes: 0, maxNodes: slots, idleSeconds: IDLE_SECONDS }),
  },
  {
    computeType: 'SynapseSpark',
    attached: true,
    secrets: [],
    hasKeys: false,
    scaleOf: (_compute, slots) => ({ minNodes: 0, maxNodes: slots, idleSeconds: IDLE_SECONDS }),
  },
  {
    computeType: 'VirtualMachine',
    attached: true,
    secrets: ['administratorAccount.password', 'administratorAccount.privateKeyData'],
    hasKeys: true,
    scaleOf: () => ({ minNodes: 1, maxNodes: 1, ...ALWAYS }),
  },
];

/** @throws invalid, "not implemented", for a kind that there is not here */
export function computeKindOf(computeType: string): ComputeKind {
  const kind = COMPUTE_KINDS.find((one) => one.computeType.toLowerCase() === computeType.toLowerCase());
  if (kind) return kind;
  throw invalid(
    `not implemented: computes of type '${computeType}'. Known: ${COMPUTE_KINDS.map((one) => one.computeType).join(', ')}.`,
    { target: 'computeType' },
  );
}

/** Settings without what must not be shown, and that apart, by path. */
export function withoutSecrets(
  settings: Json,
  paths: readonly string[],
): { settings: Json; secrets: Record<string, string> } {
  const secrets: Record<string, string> = {};
  let shown = settings;
  for (const path of paths) {
    const [first, second] = path.split('.') as [string, string | undefined];
    const owner = second === undefined ? shown : objectField(shown, first);
    const value = textField(owner, second ?? first);
    if (value === undefined) continue;
    secrets[path] = value;
    shown =
      second === undefined ? without(shown, first) : { ...without(shown, first), [first]: without(owner, second) };
  }
  return { settings: shown, secrets };
}

function without(object: Json, name: string): Json {
  const gone = fieldOf(object, name);
  return Object.fromEntries(
    Object.entries(object).filter(([key, value]) => !(value === gone && key.toLowerCase() === name.toLowerCase())),
  );
}

/** @throws invalid for a minimum above the maximum, or a count that is none */
export function checkScale(settings: Json): void {
  const scale = objectField(settings, 'scaleSettings');
  const [min, max] = [countField(scale, 'minNodeCount') ?? 0, countField(scale, 'maxNodeCount') ?? 1];
  if (min < 0 || max < 0 || min > max)
    throw invalid(`A cluster has from 0 to its maximum of nodes: minNodeCount is ${min}, maxNodeCount ${max}.`, {
      target: 'scaleSettings',
    });
}
