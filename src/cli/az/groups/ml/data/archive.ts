import type { Command } from '../../../command.ts';
import { archiveCommand } from '../asset/set-archived.ts';
import { DATA } from './data-entity.ts';

export const command: Command = archiveCommand(DATA, true);
