import type { Command } from '../../../command.ts';
import { updateCommand } from '../asset/update-asset.ts';
import { COMPONENT } from './component-entity.ts';

export const command: Command = updateCommand(COMPONENT);
