import type { Command } from '../../../command.ts';
import { archiveCommand } from '../asset/set-archived.ts';
import { MODEL } from './model-entity.ts';

export const command: Command = archiveCommand(MODEL, false);
