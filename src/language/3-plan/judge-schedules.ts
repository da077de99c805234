import { readCron } from '../../kernel/cron.ts';
import { childOf, type Mapping } from '../1-read/node.ts';
import type { Problems } from '../diagnostics.ts';

/** Reports schedules whose times can't be read. @param root the pipeline in normal form */
export function judgeSchedules(root: Mapping, problems: Problems): void {
  const list = childOf(root, 'schedules');
  for (const item of list?.kind === 'sequence' ? list.items : []) {
    const cron = childOf(item, 'cron');
    if (cron?.kind !== 'scalar') continue;
    const read = readCron(cron.text);
    if (typeof read === 'string') problems.at(cron, 'cron-unreadable', cron.text, read);
  }
}
