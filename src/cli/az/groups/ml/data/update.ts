import type { Command } from '../../../command.ts';
import { updateCommand } from '../asset/update-asset.ts';
import { DATA } from './data-entity.ts';

export const command: Command = updateCommand(DATA);
