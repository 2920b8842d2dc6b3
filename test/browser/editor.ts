/** What a person does in the editor, in few words. */
import type { Locator, Page } from 'playwright-core';

export interface Editor {
  /** Replaces the whole text. */
  write(sql: string): Promise<void>;
  run(): Promise<void>;
  readonly result: Locator;
  readonly grid: Locator;
  /** The text of a cell, by row number (from 1) and column index (from 0). */
  cell(row: number, column: number): Promise<string | null>;
}

export const editorOf = (page: Page): Editor => {
  const result = page.getByRole('region', { name: 'Result' });
  const grid = page.getByRole('grid', { name: 'Result' });
  return {
    result,
    grid,
    write: async (sql) => {
      await page.locator('.monaco-editor .view-lines').click();
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.press('Delete');
      await page.keyboard.insertText(sql);
    },
    run: () => page.keyboard.press('ControlOrMeta+Enter'),
    cell: (row, column) => grid.locator(`[data-row="${row - 1}"][data-column="${column}"]`).textContent(),
  };
};
