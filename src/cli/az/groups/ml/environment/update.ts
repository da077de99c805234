import type { Command } from '../../../command.ts';
import { updateCommand } from '../asset/update-asset.ts';
import { ENVIRONMENT } from './environment-entity.ts';

export const command: Command = updateCommand(ENVIRONMENT);
