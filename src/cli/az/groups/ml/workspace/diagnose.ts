import type { Command } from '../../../command.ts';
import { workspaceAction } from './workspace-action.ts';

export const command: Command = workspaceAction('diagnose', 'Diagnose workspace setup problems.', 'diagnose', {
  body: () => ({ value: {} }),
  shown: (result) => (result as { value?: unknown } | undefined)?.value,
});
