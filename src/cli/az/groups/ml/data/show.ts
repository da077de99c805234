import type { Command } from '../../../command.ts';
import { showCommand } from '../asset/show-asset.ts';
import { dataEntity } from './data-entity.ts';

export const command: Command = showCommand('ml data show', 'a data asset', 'data', dataEntity);
