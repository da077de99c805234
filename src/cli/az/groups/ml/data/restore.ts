import type { Command } from '../../../command.ts';
import { archiveCommand } from '../asset/set-archived.ts';

export const command: Command = archiveCommand('ml data restore', 'a data asset', 'data', false);
