/**
 * Makes a streaming SELECT carry each source row's Kafka position, though the query does not project it: every SELECT on
 * the way from the stream to the result gets three more columns. Also takes the outer DISTINCT ON out, because a stream
 * deduplicates against all that the table has and not just within one batch.
 *
 * A stream is row-wise here: what needs more than one row at a time (aggregates, windows, ORDER BY, LIMIT, UNION) is
 * refused, because a result per micro-batch would depend on where batches happen to end.
 */
import type { JsonValue } from '../../lake/index.ts';
import { walk, type Tree } from './tree.ts';
import { positionColumns, streamName } from './types.ts';

export type StreamingResult =
  | { readonly kind: 'ok'; readonly node: Tree; readonly keys: readonly string[] | 'all' | undefined }
  /** `position`: bytes from the start of the SQL, where it is known. */
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string; readonly position?: number };

class Refusal extends Error {
  readonly hint: string;
  readonly position: number | undefined;
  constructor(message: string, hint: string, position?: number) {
    super(message);
    this.hint = hint;
    this.position = position;
  }
}

const useView = 'Do this in a MATERIALIZED VIEW over the streaming table.';

/** `alias`: how the query may call the stream when it gives no alias itself. Changes `node`. */
export const carryPosition = (node: Tree, alias: string): StreamingResult => {
  try {
    const keys = takeDistinct(node);
    const carrier = new Carrier(alias);
    carrier.select(node);
    if (carrier.found !== countStreams(node))
      throw new Refusal('A STREAM may stand only in FROM, not inside an expression.', 'Join it in FROM instead.');
    return { kind: 'ok', node, keys };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { message, hint, position } = error;
    return { kind: 'refused', message, hint, ...(position !== undefined && { position }) };
  }
};

const countStreams = (node: Tree): number => {
  let count = 0;
  walk(node, (each) => {
    if (isStream(each)) count += 1;
  });
  return count;
};

const isStream = (node: Tree): boolean => node.type === 'BASE_TABLE' && node.table_name === streamName;

const takeDistinct = (node: Tree): readonly string[] | 'all' | undefined => {
  const modifiers = list(node.modifiers);
  const distinct = modifiers.find(({ type }) => type === 'DISTINCT_MODIFIER');
  if (distinct === undefined) return undefined;
  node.modifiers = modifiers.filter((each) => each !== distinct);
  const targets = list(distinct.distinct_on_targets);
  if (targets.length === 0) return 'all';
  return targets.map((target) => {
    const names = target.column_names;
    if (target.type === 'COLUMN_REF' && Array.isArray(names)) return String(names.at(-1));
    const hint = 'Give the expression a name in the SELECT and use that name.';
    throw new Refusal(
      'DISTINCT ON takes columns of the result here, so that the table can remember them.',
      hint,
      locate(target),
    );
  });
};

const list = (value: JsonValue | undefined): Tree[] => (Array.isArray(value) ? (value as Tree[]) : []);

const locate = (node: Tree): number | undefined => {
  const position = Number(node.query_location);
  return Number.isSafeInteger(position) ? position : undefined;
};

/** Walks from the result down to the stream and adds the position columns on the way back. */
class Carrier {
  private readonly alias: string;
  /** Streams met in FROM. */
  found = 0;

  constructor(alias: string) {
    this.alias = alias;
  }

  /** Does this query carry the stream? If so it now gives the position columns, too. */
  select(node: Tree, outer: ReadonlySet<string> = new Set()): boolean {
    if (node.type !== 'SELECT_NODE') {
      if (countStreams(node) === 0) return false;
      throw new Refusal(
        'A stream cannot be part of a UNION or of a recursive query.',
        'Give each stream a table of its own.',
      );
    }
    const carrying = new Set(outer);
    for (const { key, value } of list((node.cte_map as Tree).map) as { key: string; value: Tree }[]) {
      const query = (value.query as Tree).node as Tree;
      if (this.select(query, carrying)) carrying.add(key);
      else carrying.delete(key);
    }
    const relation = this.from(node.from_table as Tree, carrying);
    if (relation === undefined) return false;
    refuseSets(node);
    if (!list(node.select_list).some((item) => isStarOf(item, relation))) {
      node.select_list = [...list(node.select_list), ...positionColumns.map((column) => columnRef(relation, column))];
    }
    return true;
  }

  /** The name of the relation in FROM that carries the stream. */
  private from(table: Tree, carrying: ReadonlySet<string>): string | undefined {
    if (isStream(table)) {
      this.found += 1;
      table.alias ||= this.alias;
      return String(table.alias);
    }
    if (table.type === 'BASE_TABLE') {
      const name = String(table.table_name);
      return table.schema_name === '' && carrying.has(name) ? String(table.alias || name) : undefined;
    }
    if (table.type === 'SUBQUERY') {
      if (!this.select((table.subquery as Tree).node as Tree, carrying)) return undefined;
      table.alias ||= '$rows';
      return String(table.alias);
    }
    if (table.type !== 'JOIN') return undefined;
    return this.from(table.left as Tree, carrying) ?? this.from(table.right as Tree, carrying);
  }
}

const isStarOf = (item: Tree, relation: string): boolean =>
  item.type === 'STAR' && item.columns === false && (item.relation_name === '' || item.relation_name === relation);

const columnRef = (relation: string, column: string): Tree => ({
  class: 'COLUMN_REF',
  type: 'COLUMN_REF',
  alias: '',
  column_names: [relation, column],
});

const refuseSets = (node: Tree): void => {
  const modifier = list(node.modifiers)[0];
  if (modifier !== undefined) {
    const name = String(modifier.type).replace('_MODIFIER', '').replace('ORDER', 'ORDER BY');
    throw new Refusal(`A streaming table cannot use ${name} here: it reads row by row.`, useView);
  }
  if (list(node.group_expressions).length > 0 || node.having !== null)
    throw new Refusal('A streaming table cannot GROUP rows: it reads row by row.', useView);
  walk({ items: node.select_list ?? null, qualify: node.qualify ?? null }, (each) => {
    if (each.class === 'WINDOW')
      throw new Refusal('A streaming table cannot use a window function: it reads row by row.', useView, locate(each));
  });
};
