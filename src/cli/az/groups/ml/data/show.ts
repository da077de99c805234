import type { Command } from '../../../command.ts';
import { showCommand } from '../asset/show-asset.ts';
import { DATA } from './data-entity.ts';

export const command: Command = showCommand(DATA);
