import { DomainError } from '../../kernel/errors.ts';
import type { WorkspaceRecord } from '../workspaces.ts';
import type { ArmContext } from './context.ts';

/** More than the time between SIGTERM and SIGKILL of a job's processes. Milliseconds. */
const CANCEL_TIME = 15_000;

/**
 * Deletes a workspace: its jobs are asked to end, and nobody finds it any more.
 * @param forGood nothing of it can be recovered; its jobs are waited for, so that none writes to what is gone
 */
export async function removeWorkspace(
  context: Pick<ArmContext, 'store' | 'engine' | 'workspaces'>,
  workspace: WorkspaceRecord,
  forGood: boolean,
): Promise<void> {
  const open = await context.store.read
    .selectFrom('ml_jobs')
    .select('name')
    .where('workspace_id', '=', workspace.id)
    .where('ended', '=', 0)
    .execute();
  for (const { name } of open)
    await context.engine.cancel(workspace, name).catch((error: unknown) => {
      // One that ended meanwhile has nothing to be asked.
      if (!(error instanceof DomainError)) throw error;
    });
  if (!forGood) return context.workspaces.softDelete(workspace);
  if (open.length > 0) await context.engine.canceled(CANCEL_TIME);
  await context.workspaces.remove(workspace);
}
