import type { Args, Context } from '../../../command.ts';
import { type AssetSource, requireName } from '../asset/asset-file.ts';
import { withResourceGroups } from '../entity.ts';
import { pythonText } from '../load/yaml-value.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment } from '../workspace/scope.ts';
import { type ComputeResource, computeEntity } from './compute-entity.ts';
import { computeTypeOf } from './compute-shape.ts';
import { computeToWire } from './compute-wire.ts';

/** Puts a compute that a file and arguments describe, and waits for it unless told otherwise. @returns it as az prints it */
export async function putCompute(context: Context, args: Args, source: AssetSource): Promise<unknown> {
  const { data } = source;
  const name = requireName(source, 'compute');
  const workspace = await openWorkspace(context, args);
  const said = data['location'] ? pythonText(data['location']) : undefined;
  const cluster = computeTypeOf(data) === 'amlcompute';
  if (said && !cluster)
    context.warn(`Warning: 'Location' is not supported for compute type ${computeTypeOf(data)} and will not be used.`);
  const location = said && cluster ? said : (await workspace.resource()).location;
  const created = await workspace.arm.operate<ComputeResource>(
    {
      method: 'PUT',
      path: workspace.path(`/computes/${segment(name)}`),
      apiVersion: ASSET_API.computes,
      body: computeToWire(source, workspace, location),
    },
    !args.flag('no_wait'),
  );
  return created && withResourceGroups(computeEntity(created));
}
