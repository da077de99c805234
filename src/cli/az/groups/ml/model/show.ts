import type { Command } from '../../../command.ts';
import { showCommand } from '../asset/show-asset.ts';
import { modelEntity } from './model-entity.ts';

export const command: Command = showCommand('ml model show', 'a model', 'models', modelEntity);
