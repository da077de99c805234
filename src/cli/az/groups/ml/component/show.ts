import type { Command } from '../../../command.ts';
import { showCommand } from '../asset/show-asset.ts';
import { componentEntity } from './component-entity.ts';

export const command: Command = showCommand('ml component show', 'a component', 'components', componentEntity);
