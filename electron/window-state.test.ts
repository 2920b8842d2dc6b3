import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { defaultState, parseState, place, readState, type WindowState, writeState } from './window-state.ts';

const laptop = { x: 0, y: 25, width: 1512, height: 920 };
const screen = { x: 1512, y: 0, width: 2560, height: 1440 };

const temporary = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'tiffin-window-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

describe('the place of the window', () => {
  test('is where it was', () => {
    const bounds = { x: 1600, y: 100, width: 1200, height: 800 };
    expect(place(bounds, [laptop, screen])).toEqual(bounds);
  });

  test('is in the middle of the first display when its display is gone', () => {
    expect(place({ x: 1600, y: 100, width: 1200, height: 800 }, [laptop])).toEqual({
      x: 36,
      y: 35,
      width: 1440,
      height: 900,
    });
  });

  test('is moved wholly onto the display that shows most of it', () => {
    expect(place({ x: 1300, y: -200, width: 1200, height: 800 }, [laptop, screen])).toEqual({
      x: 1512,
      y: 0,
      width: 1200,
      height: 800,
    });
  });

  test('lies within one display, whatever was remembered', () => {
    const size = fc.integer({ min: 1, max: 8000 });
    const at = fc.integer({ min: -20_000, max: 20_000 });
    const rectangle = fc.record({ x: at, y: at, width: size, height: size });
    fc.assert(
      fc.property(fc.option(rectangle), fc.array(rectangle, { minLength: 1, maxLength: 4 }), (wanted, areas) => {
        const got = place(wanted, areas);
        const inside = areas.some(
          (area) =>
            got.x >= area.x &&
            got.y >= area.y &&
            got.x + got.width <= area.x + area.width &&
            got.y + got.height <= area.y + area.height,
        );
        expect(inside).toBe(true);
      }),
    );
  });
});

describe('window.json', () => {
  test('comes back as it was written', () => {
    const path = join(temporary(), 'not', 'yet', 'window.json');
    const state: WindowState = {
      version: 1,
      bounds: { x: -10, y: 2, width: 1000, height: 700 },
      maximized: true,
      theme: 'light',
    };
    writeState(path, state);
    expect(readState(path)).toEqual(state);
  });

  test('that is missing gives the defaults', () => {
    expect(readState(join(temporary(), 'window.json'))).toEqual(defaultState);
  });

  test.each(['', 'null', '{"version":2}', '{"version":1,"bounds":{"x":"a"}}', '{"version":1,"bounds":{"x":1e400}}'])(
    'that says %j gives the defaults',
    (text) => {
      expect(parseState(text)).toEqual(defaultState);
    },
  );

  test('that cannot be written does not stop the window', () => {
    const dir = temporary();
    writeFileSync(join(dir, 'file'), '');
    expect(() => writeState(join(dir, 'file', 'window.json'), defaultState)).not.toThrow();
  });
});
