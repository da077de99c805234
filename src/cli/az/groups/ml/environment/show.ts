import type { Command } from '../../../command.ts';
import { showCommand } from '../asset/show-asset.ts';
import { ENVIRONMENT } from './environment-entity.ts';

export const command: Command = showCommand(ENVIRONMENT);
