import type { Command } from '../../../command.ts';
import { archiveCommand } from '../asset/set-archived.ts';
import { ENVIRONMENT } from './environment-entity.ts';

export const command: Command = archiveCommand(ENVIRONMENT, false);
