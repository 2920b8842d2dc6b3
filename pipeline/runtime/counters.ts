/** Where each row went. `rowsIn = filtered + duplicates + quarantined + dropped + late + rowsOut`, less `expanded`. */

export interface FlowCounters {
  readonly rowsIn: number;
  /** Left out by the query. */
  readonly filtered: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly dropped: number;
  readonly late: number;
  readonly rowsOut: number;
  /** Rows that a join or unnest made on top of those read. */
  readonly expanded: number;
}

export const noRows: FlowCounters = {
  rowsIn: 0,
  filtered: 0,
  duplicates: 0,
  quarantined: 0,
  dropped: 0,
  late: 0,
  rowsOut: 0,
  expanded: 0,
};

export const counterNames = Object.keys(noRows) as (keyof FlowCounters)[];

/** `filtered` or `expanded`, from the rows read and those that the query gave. */
export const leftOut = (rowsIn: number, selected: number): Pick<FlowCounters, 'filtered' | 'expanded'> => ({
  filtered: Math.max(0, rowsIn - selected),
  expanded: Math.max(0, selected - rowsIn),
});

/** Adds figures to cumulative ones; unknown names are kept. */
export const addCounters = (
  total: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Record<string, number> => {
  const sum: Record<string, number> = { ...total };
  for (const [name, count] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
};

export const flowCounters = (counters: Readonly<Record<string, number>>): FlowCounters =>
  Object.fromEntries(counterNames.map((name) => [name, counters[name] ?? 0])) as unknown as FlowCounters;
