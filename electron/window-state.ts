/**
 * What the shell remembers between starts (`window.json` in the user-data folder): the window's place, and the theme.
 * A file that is missing, damaged or of another version gives the defaults: nothing in it is worth an error.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const rectangle = z.object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() });
const windowState = z.object({
  version: z.literal(1),
  /** the place of the window when it is neither maximised nor full screen */
  bounds: rectangle.nullable(),
  maximized: z.boolean(),
  theme: z.enum(['system', 'dark', 'light']),
});

export type Rectangle = z.infer<typeof rectangle>;
export type WindowState = z.infer<typeof windowState>;
export type Theme = WindowState['theme'];

export const defaultState: WindowState = { version: 1, bounds: null, maximized: false, theme: 'dark' };
export const minimumSize = { width: 960, height: 600 };
const preferredSize = { width: 1440, height: 900 };

/** Reads the text of `window.json`. */
export const parseState = (text: string): WindowState => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return defaultState;
  }
  return windowState.safeParse(json).data ?? defaultState;
};

const overlap = (a: Rectangle, b: Rectangle): number =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), Math.max(low, high));

/**
 * The place for the window on the displays that there are now: where it was if that is visible, wholly on the display
 * that shows most of it; else in the middle of the first display.
 */
export const place = (wanted: Rectangle | null, workAreas: readonly Rectangle[]): Rectangle => {
  const primary = workAreas[0] ?? { x: 0, y: 0, ...preferredSize };
  const best = wanted === null ? undefined : workAreas.toSorted((a, b) => overlap(wanted, b) - overlap(wanted, a))[0];
  if (wanted === null || best === undefined || overlap(wanted, best) === 0) {
    const width = Math.min(preferredSize.width, primary.width);
    const height = Math.min(preferredSize.height, primary.height);
    const x = primary.x + Math.floor((primary.width - width) / 2);
    return { x, y: primary.y + Math.floor((primary.height - height) / 2), width, height };
  }
  const width = Math.min(Math.max(wanted.width, minimumSize.width), best.width);
  const height = Math.min(Math.max(wanted.height, minimumSize.height), best.height);
  return {
    x: clamp(wanted.x, best.x, best.x + best.width - width),
    y: clamp(wanted.y, best.y, best.y + best.height - height),
    width,
    height,
  };
};

export const readState = (path: string): WindowState => {
  try {
    return parseState(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return defaultState;
    console.warn(`${path} cannot be read, so the window opens in its default place: ${String(error)}`);
    return defaultState;
  }
};

/** Replaces the file in one step, so that a crash leaves the old one or the new one. */
export const writeState = (path: string, state: WindowState): void => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`);
    renameSync(`${path}.new`, path);
  } catch (error) {
    console.warn(`${path} cannot be written, so the place of the window is not remembered: ${String(error)}`);
  }
};
