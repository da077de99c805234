/** The first of the runs that wait for the same: equal but for when they came. */
export type Waiting = {
  /** Smaller came earlier. */
  readonly arrived: number;
  /** A cluster's key. */
  readonly cluster: string;
  readonly nodes: number;
  /** Greater goes first: `priorityOf`. */
  readonly priority: number;
  /** Runs of one experiment share its turns. */
  readonly experiment: string;
  /** How many that came later, and took of what it waits for, were served while it was the first. */
  readonly passed: number;
};

export type Room = {
  /** Nodes that the machine still has. */
  readonly free: number;
  /** Nodes that a cluster may still use. */
  freeOf(cluster: string): number;
  /** Nodes that the runs of an experiment use now. */
  usedBy(experiment: string): number;
};

/**
 * After so many others it is a run's turn whatever its tier, its experiment and its size: what it waits for is then kept for it. So nothing
 * starves, and a machine still isn't left empty for one large job.
 */
export const PASS_LIMIT = 10;

const TIERS: Readonly<Record<string, number>> = { spot: 0, basic: 1, standard: 2, premium: 3 };
const PRIORITIES: Readonly<Record<string, number>> = { low: 1, medium: 2, high: 3 };

/**
 * The order of `queue_settings`: the tier first, then the priority within it; standard and medium when nothing is said (documented).
 * @param tier `Spot`, `Basic`, `Standard`, `Premium`, `Null`, in any casing
 * @param priority 1 to 3 as on the wire, or low, medium, high
 */
export function priorityOf(tier: string | undefined, priority: string | undefined): number {
  const within = PRIORITIES[priority?.toLowerCase() ?? ''] ?? Number(priority);
  return (TIERS[tier?.toLowerCase() ?? ''] ?? 2) * 10 + ([1, 2, 3].includes(within) ? within : 2);
}

/**
 * Who is served next. Pure. First those that were passed too often, in the order in which they came; then by priority, then those whose
 * experiment uses the fewest nodes, then the order in which they came. One that doesn't fit lets others go ahead while it may be passed.
 * @returns the one to serve, undefined when none can be
 */
export function nextServed<W extends Waiting>(waiting: readonly W[], room: Room): W | undefined {
  const order = waiting
    .map((one) => ({ one, overdue: one.passed >= PASS_LIMIT, used: room.usedBy(one.experiment) }))
    .sort(
      (a, b) =>
        Number(b.overdue) - Number(a.overdue) ||
        (a.overdue ? 0 : b.one.priority - a.one.priority || a.used - b.used) ||
        a.one.arrived - b.one.arrived,
    );
  const kept = new Set<string>();
  for (const { one, overdue } of order) {
    if (kept.has(one.cluster)) continue;
    const fitsCluster = one.nodes <= room.freeOf(one.cluster);
    if (fitsCluster && one.nodes <= room.free) return one;
    if (!overdue) continue;
    // Its own cluster is full: others of that one wait. The machine is full: everybody does.
    if (fitsCluster) return undefined;
    kept.add(one.cluster);
  }
  return undefined;
}

/** Whether serving `served` passes `one` by: that came earlier, and waits for the same cluster or for the machine. */
export function isPassed(one: Waiting, served: Waiting, room: Room): boolean {
  if (one.arrived >= served.arrived) return false;
  return one.cluster === served.cluster || one.nodes <= room.freeOf(one.cluster);
}
