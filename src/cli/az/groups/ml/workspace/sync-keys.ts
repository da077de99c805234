import type { Command } from '../../../command.ts';
import { workspaceAction } from './workspace-action.ts';

export const command: Command = workspaceAction(
  'sync-keys',
  'Sync workspace keys for dependent resources such as storage, container registry, and application insights.',
  'resyncKeys',
);
