import type { Command } from '../../../command.ts';
import { showCommand } from '../asset/show-asset.ts';
import { MODEL } from './model-entity.ts';

export const command: Command = showCommand(MODEL);
