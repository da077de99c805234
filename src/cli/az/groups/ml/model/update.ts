import type { Command } from '../../../command.ts';
import { updateCommand } from '../asset/update-asset.ts';
import { MODEL, stageArgument } from './model-entity.ts';

export const command: Command = updateCommand(MODEL, [stageArgument]);
