import type { Command } from '../../../command.ts';
import { archiveCommand } from '../asset/set-archived.ts';

export const command: Command = archiveCommand('ml component restore', 'a component', 'components', false);
