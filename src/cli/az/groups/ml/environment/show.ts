import type { Command } from '../../../command.ts';
import { showCommand } from '../asset/show-asset.ts';
import { environmentEntity } from './environment-entity.ts';

export const command: Command = showCommand('ml environment show', 'an environment', 'environments', environmentEntity);
