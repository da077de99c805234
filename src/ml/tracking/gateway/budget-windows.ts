import type { Call } from '../call.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LENGTHS: Readonly<Record<string, number>> = {
  MINUTES: MINUTE,
  HOURS: 60 * MINUTE,
  DAYS: DAY,
  WEEKS: 7 * DAY,
};
/** Weeks begin on Sundays: this is the one before 1970. */
const FIRST_SUNDAY = -4 * DAY;

/** Units of a budget's window. */
export const DURATION_UNITS = [...Object.keys(LENGTHS), 'MONTHS'];

/**
 * The window in which a moment is. Windows lie end to end from 1970, in UTC, so a budget of seven days has others than one of a week
 * (reference server's source).
 * @param now milliseconds since 1970, as start and end are
 */
export function budgetWindow(unit: string, value: number, now: number): { start: number; end: number } {
  const length = LENGTHS[unit];
  if (length === undefined) {
    const date = new Date(now);
    const months = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
    const first = Math.floor(months / value) * value;
    return { start: Date.UTC(1970, first, 1), end: Date.UTC(1970, first + value, 1) };
  }
  const origin = unit === 'WEEKS' ? FIRST_SUNDAY : 0;
  const start = origin + Math.floor((now - origin) / (length * value)) * length * value;
  return { start, end: start + length * value };
}

/** The window of each budget that goes on, and what was spent in it: nothing, since nothing is called through this gateway. */
export async function listGatewayBudgetWindows(call: Call) {
  const now = call.deps.clock.now().getTime();
  const rows = await call.deps.store.read
    .selectFrom('mltrack_gateway_budgets')
    .select(['policy_id', 'duration_unit', 'duration_value'])
    .where('workspace_id', '=', call.workspace.id)
    .orderBy('created')
    .orderBy('policy_id')
    .execute();
  return {
    windows: rows.map((row) => {
      const { start, end } = budgetWindow(row.duration_unit, row.duration_value, now);
      return { budget_policy_id: row.policy_id, window_start_ms: start, window_end_ms: end, current_spend: 0 };
    }),
  };
}
