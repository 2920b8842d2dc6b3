/**
 * The result as a grid of which only the cells in view exist. Rows are fetched as they come into view; cells are selected with
 * the mouse or the arrow keys and copied as tab-separated text. What the engine says is shown to the last digit.
 */
import { useElementSize, useMergedRef } from '@mantine/hooks';
import {
  memo,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
} from 'react';
import type { QueryColumn, QueryState } from '../../engine/contract/index.ts';
import { problemOf } from '../api/problem.ts';
import { ProblemNote } from '../parts/controls.tsx';
import { tell } from '../shell/actions.ts';
import { copySelection } from './copy.ts';
import { cellText, textWidthPx, typeLabel, type CellPlace } from './cells.ts';
import { columnEdges, columnWindow, rowHeightPx, rowWindow, scrollTopFor } from './grid-window.ts';
import { type PageCache, type Row } from './page-cache.ts';
import { movedBy, inRange, type Range } from './selection.ts';
import { isNumeric } from './summary.ts';
import styles from './grid.module.css';

interface GridProps {
  readonly state: QueryState;
  readonly cache: PageCache;
  readonly onCell: (place: CellPlace) => void;
  readonly onColumn: (index: number) => void;
  readonly pickedColumn: number | null;
}

const rowHeadWidth = (rows: number): number => 28 + String(rows).length * 7;
const headHeight = 40;
const widthMin = 56;
const widthMax = 360;

/** As wide as the name, the type and the first rows need; the reader may drag it. */
const widthOf = ({ name, type }: QueryColumn, index: number, rows: readonly Row[]): number => {
  const texts = [`${name} `, typeLabel(type), ...rows.map((row) => cellText(row[index]))];
  return Math.round(Math.max(widthMin, Math.min(widthMax, Math.max(...texts.map(textWidthPx)) + 20)));
};

const rowsMeasured = 60;
/** Measured once, on the first rows; null until they are here. */
const useWidths = (columns: readonly QueryColumn[], rows: number, cache: PageCache) => {
  const [widths, setWidths] = useState<readonly number[] | null>(
    rows === 0 ? columns.map((column, index) => widthOf(column, index, [])) : null,
  );
  if (widths === null && cache.row(0) !== undefined) {
    const first = Array.from({ length: Math.min(rows, rowsMeasured) }, (_, index) => cache.row(index) ?? []);
    setWidths(columns.map((column, index) => widthOf(column, index, first)));
  }
  const resize = (index: number, width: number): void => setWidths((all) => all?.with(index, width) ?? null);
  return [widths ?? noWidths, resize] as const;
};
const noWidths: readonly number[] = [];

interface CellsProps {
  readonly index: number;
  readonly row: Row | undefined;
  readonly columns: readonly QueryColumn[];
  readonly edges: readonly number[];
  readonly first: number;
  readonly last: number;
  readonly range: Range | null;
}

const Cells = ({ index, row, columns, edges, first, last, range }: CellsProps) =>
  Array.from({ length: last - first + 1 }, (_, offset) => first + offset).map((column) => {
    const value = row?.[column];
    const selected = range !== null && inRange(range, index, column);
    return (
      <div
        key={column}
        role="gridcell"
        aria-colindex={column + 2}
        aria-selected={selected}
        data-row={index}
        data-column={column}
        data-kind={isNumeric(columns[column]!.type) ? 'number' : 'text'}
        data-null={value === null}
        className={styles['cell']}
        style={{ left: edges[column]!, width: edges[column + 1]! - edges[column]! }}
      >
        {row === undefined ? '' : cellText(value)}
      </div>
    );
  });

const GridRow = memo(({ top, headWidth, ...cells }: CellsProps & { top: number; headWidth: number }) => (
  <div
    role="row"
    aria-rowindex={cells.index + 2}
    className={styles['row']}
    style={{ transform: `translateY(${top}px)` }}
  >
    <div role="rowheader" className={styles['row-head']} style={{ width: headWidth }}>
      {(cells.index + 1).toLocaleString('en-US')}
    </div>
    <div className={styles['row-cells']}>
      <Cells {...cells} />
    </div>
  </div>
));

interface HeadProps {
  readonly columns: readonly QueryColumn[];
  readonly edges: readonly number[];
  readonly first: number;
  readonly last: number;
  readonly headWidth: number;
  readonly picked: number | null;
  readonly onColumn: (index: number) => void;
  readonly onResize: (index: number, width: number) => void;
}

const Head = ({ columns, edges, first, last, headWidth, picked, onColumn, onResize }: HeadProps) => (
  <div role="row" aria-rowindex={1} className={styles['head']} style={{ width: headWidth + edges.at(-1)! }}>
    <div className={styles['corner']} style={{ width: headWidth }} role="columnheader" aria-label="Row" />
    <div className={styles['row-cells']}>
      {columns.slice(first, last + 1).map((column, offset) => {
        const index = first + offset;
        const left = edges[index]!;
        return (
          <div
            key={index}
            role="columnheader"
            aria-colindex={index + 2}
            className={styles['column']}
            style={{ left, width: edges[index + 1]! - left }}
            data-kind={isNumeric(column.type) ? 'number' : 'text'}
          >
            <button
              type="button"
              aria-pressed={picked === index}
              onClick={() => onColumn(index)}
              title={`${column.name}: ${column.type}. Click for a summary`}
            >
              <span className={styles['column-name']}>{column.name}</span>
              <span className={styles['column-type']}>{typeLabel(column.type)}</span>
            </button>
            <Resizer width={edges[index + 1]! - left} onResize={(width) => onResize(index, width)} />
          </div>
        );
      })}
    </div>
  </div>
);

const Resizer = ({ width, onResize }: { width: number; onResize: (width: number) => void }) => {
  const start = useRef<{ x: number; width: number } | null>(null);
  return (
    <span
      className={styles['resizer']}
      aria-hidden
      onPointerDown={(event: PointerEvent<HTMLSpanElement>) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => {
        if (start.current !== null) onResize(Math.max(widthMin, start.current.width + event.clientX - start.current.x));
      }}
      onPointerUp={() => {
        start.current = null;
      }}
    />
  );
};

/** Where in the grid a mouse event was. */
const placeOf = (event: MouseEvent | PointerEvent): CellPlace | null => {
  const cell = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-row]') : null;
  return cell === null ? null : { row: Number(cell.dataset['row']), column: Number(cell.dataset['column']) };
};

interface Scroll {
  readonly top: number;
  readonly left: number;
}

export const ResultGrid = ({ state, cache, onCell, onColumn, pickedColumn }: GridProps) => {
  const { columns, rows } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sizeRef, width, height } = useElementSize<HTMLDivElement>();
  const [scroll, setScroll] = useState<Scroll>({ top: 0, left: 0 });
  const [range, setRange] = useState<Range | null>(null);
  const dragging = useRef(false);
  useSyncExternalStore(cache.subscribe, cache.version);
  const [widths, resize] = useWidths(columns, rows, cache);

  const headWidth = rowHeadWidth(rows);
  const edges = useMemo(() => columnEdges(widths), [widths]);
  const bodyHeight = Math.max(0, height - headHeight);
  const inRows = rowWindow(rows, scroll.top, bodyHeight);
  const inColumns = columnWindow(edges, scroll.left, Math.max(0, width - headWidth));
  useEffect(() => cache.want(inRows.first, inRows.last), [cache, inRows.first, inRows.last]);

  const show = (place: CellPlace): void => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollTop = scrollTopFor(place.row, rows, element.scrollTop, element.clientHeight - headHeight);
    const room = element.clientWidth - headWidth;
    const [left, right] = [edges[place.column]!, edges[place.column + 1]!];
    if (left < element.scrollLeft) element.scrollLeft = left;
    else if (right > element.scrollLeft + room) element.scrollLeft = right - room;
  };
  const copy = (): void => {
    if (range === null) return;
    copySelection(state, cache, range).catch((error: unknown) => tell('The cells were not copied', error));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const mod = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (mod && key === 'c') return copy();
    if (event.key === 'Enter' && range !== null) return onCell(range.focus);
    if (mod && key === 'a') {
      event.preventDefault();
      return setRange({ anchor: { row: 0, column: 0 }, focus: { row: rows - 1, column: columns.length - 1 } });
    }
    const pageRows = Math.max(1, Math.floor(bodyHeight / rowHeightPx) - 1);
    const focus = movedBy(event, range?.focus ?? { row: 0, column: 0 }, { rows, columns: columns.length, pageRows });
    if (focus === null) return undefined;
    event.preventDefault();
    setRange({ anchor: event.shiftKey && range !== null ? range.anchor : focus, focus });
    return show(focus);
  };
  const onPointerDown = (event: PointerEvent): void => {
    const place = placeOf(event);
    if (place === null || event.button !== 0) return;
    dragging.current = true;
    setRange({ anchor: event.shiftKey && range !== null ? range.anchor : place, focus: place });
  };
  const onPointerMove = (event: PointerEvent): void => {
    const place = dragging.current && event.buttons === 1 ? placeOf(event) : null;
    if (place !== null) setRange((current) => (current === null ? null : { ...current, focus: place }));
  };

  const error = cache.error();
  const shown = Array.from({ length: Math.max(0, inRows.last - inRows.first + 1) }, (_, index) => inRows.first + index);
  return (
    <div className={styles['grid']}>
      {error !== undefined && <ProblemNote problem={problemOf(error)} />}
      <div
        ref={useMergedRef(scroller, sizeRef)}
        role="grid"
        aria-label="Result"
        aria-rowcount={rows + 1}
        aria-colcount={columns.length + 1}
        tabIndex={0}
        className={styles['scroller']}
        onScroll={(event) => setScroll({ top: event.currentTarget.scrollTop, left: event.currentTarget.scrollLeft })}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={() => {
          dragging.current = false;
        }}
        onDoubleClick={(event) => {
          const place = placeOf(event);
          if (place !== null) onCell(place);
        }}
      >
        <Head
          columns={columns}
          edges={edges}
          first={inColumns.first}
          last={inColumns.last}
          headWidth={headWidth}
          picked={pickedColumn}
          onColumn={onColumn}
          onResize={resize}
        />
        <div className={styles['body']} style={{ height: inRows.height, width: headWidth + edges.at(-1)! }}>
          {shown.map((index) => (
            <GridRow
              key={index}
              index={index}
              top={inRows.top + (index - inRows.first) * rowHeightPx}
              headWidth={headWidth}
              row={cache.row(index)}
              columns={columns}
              edges={edges}
              first={inColumns.first}
              last={inColumns.last}
              range={range}
            />
          ))}
        </div>
      </div>
    </div>
  );
};
