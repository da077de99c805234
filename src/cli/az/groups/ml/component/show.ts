import type { Command } from '../../../command.ts';
import { showCommand } from '../asset/show-asset.ts';
import { COMPONENT } from './component-entity.ts';

export const command: Command = showCommand(COMPONENT);
