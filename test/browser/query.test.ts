import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { editorOf } from './editor.ts';
import { inBrowser } from './page.ts';

const wideSql = `SELECT ${Array.from({ length: 50 }, (_, index) => `i + ${index} AS c${index}`).join(', ')} FROM range(100000) r(i)`;
const endless = 'SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(10000000) b(i)';

inBrowser('Query', (desk) => {
  const open = async () => {
    await desk.go('/query');
    await desk.page.locator('.monaco-editor .view-lines').waitFor();
    return editorOf(desk.page);
  };

  test('shows 64-bit and wider integers to the last digit, and NULL as a word', async () => {
    const editor = await open();
    await editor.write(
      'SELECT 9007199254740993::BIGINT AS a, 170141183460469231731687303715884105727::HUGEINT AS b, 0.1::DECIMAL(20,18) AS c, NULL AS d',
    );
    await editor.run();
    await editor.grid.waitFor();
    const cells = [await editor.cell(1, 0), await editor.cell(1, 1), await editor.cell(1, 2), await editor.cell(1, 3)];
    expect(cells).toEqual([
      '9007199254740993',
      '170141183460469231731687303715884105727',
      '0.100000000000000000',
      'NULL',
    ]);
  });

  test('runs the statement at the cursor, the selection, or all of them', async () => {
    const editor = await open();
    await editor.write("SELECT 1 AS first; -- a ; comment\nSELECT ';' AS second;");
    await editor.run();
    await editor.grid.getByRole('columnheader', { name: /second/ }).waitFor();
    await desk.page.locator('.monaco-editor .view-lines').click();
    await desk.page.keyboard.press('ControlOrMeta+Home');
    await editor.run();
    await editor.grid.getByRole('columnheader', { name: /first/ }).waitFor();
    await desk.page.keyboard.press('ControlOrMeta+Shift+Enter');
    await desk.page
      .getByRole('group', { name: 'Results of the statements' })
      .getByRole('button', { name: '2' })
      .waitFor();
    await editor.grid.getByRole('columnheader', { name: /second/ }).waitFor();
  });

  test('scrolls through 100,000 rows × 50 columns with only what is in view on the page', async () => {
    const editor = await open();
    await editor.write(wideSql);
    await editor.run();
    await editor.result.getByText('100,000 rows × 50 columns').waitFor();
    await editor.grid.focus();
    await desk.page.keyboard.press('ControlOrMeta+End');
    await expect.poll(() => editor.cell(100_000, 49)).toBe('100048');
    await editor.grid.evaluate((grid) => void (grid.scrollTop = grid.scrollHeight / 2));
    await expect.poll(() => editor.cell(50_001, 49)).toBe('50049');
    await desk.page.keyboard.press('ControlOrMeta+Home');
    await expect.poll(() => editor.cell(1, 0)).toBe('0');
    expect(await editor.grid.getByRole('gridcell').count()).toBeLessThan(1500);
    expect(await editor.grid.getAttribute('aria-rowcount')).toBe('100001');
  });

  test('copies the selected cells with their names', async () => {
    const editor = await open();
    await editor.write("SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, NULL ORDER BY 1");
    await editor.run();
    await editor.grid.locator('[data-row="0"][data-column="0"]').click();
    await desk.page.keyboard.press('Shift+ArrowDown');
    await desk.page.keyboard.press('Shift+ArrowRight');
    await desk.page.keyboard.press('ControlOrMeta+C');
    await desk.page.getByText('4 cells copied').waitFor();
    expect(await desk.page.evaluate('navigator.clipboard.readText()')).toBe('a\tb\n1\tx\n2\t');
  });

  test('says what is wrong, where, and what to do', async () => {
    const editor = await open();
    await editor.write('SELECT order_id,\n  no_such_column\nFROM silver.orders');
    await editor.run();
    const alert = editor.result.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/no_such_column/);
    expect(await alert.textContent()).toMatch(/line 2/);
    await desk.page.locator('.monaco-editor .squiggly-error').waitFor();
  });

  test('cancels with Escape while the time ticks', async () => {
    const editor = await open();
    await editor.write(endless);
    await editor.run();
    const cancel = desk.page.getByRole('button', { name: 'Cancel' });
    await cancel.waitFor();
    const ticking = desk.page.locator('[class*=elapsed]');
    const first = await ticking.textContent();
    await expect.poll(() => ticking.textContent()).not.toBe(first);
    await desk.page.keyboard.press('Escape');
    await editor.result.getByText(/Cancelled after/).waitFor();
    await desk.page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  });

  test('completes tables and columns', async () => {
    const editor = await open();
    await editor.write('');
    await desk.page.keyboard.type('SELECT * FROM silver.ord');
    const suggestions = desk.page.locator('.suggest-widget .monaco-list-row');
    await suggestions
      .filter({ hasText: /^orders/ })
      .first()
      .waitFor();
    await desk.page.keyboard.press('Escape');
    await editor.write('');
    await desk.page.keyboard.type('SELECT o.order_i');
    await desk.page.keyboard.press('Escape');
    await desk.page.keyboard.insertText('d FROM silver.orders o WHERE ');
    await desk.page.keyboard.type('o.cit');
    await suggestions.filter({ hasText: /^city/ }).first().waitFor();
  });

  test('keeps tabs, their names and texts over a reload', async () => {
    const editor = await open();
    await desk.page.getByRole('button', { name: 'New query' }).click();
    await editor.write('SELECT 42 AS answer');
    await desk.page.getByRole('tab', { name: 'Query 2' }).dblclick();
    await desk.page.getByRole('textbox', { name: 'Name of the tab' }).fill('Answers');
    await desk.page.keyboard.press('Enter');
    await desk.page.reload();
    await desk.page.getByRole('tab', { name: 'Answers', selected: true }).waitFor();
    await desk.page.locator('.view-line', { hasText: 'SELECT 42 AS answer' }).waitFor();
    await desk.page.getByRole('button', { name: 'Close Answers' }).click();
    await desk.page.getByRole('tab', { name: 'Query 1', selected: true }).waitFor();
  });

  test('exports the rows as CSV, JSON and Parquet', async () => {
    const editor = await open();
    await editor.write("SELECT 9007199254740993::BIGINT AS id, 'a,b' AS text");
    await editor.run();
    await editor.grid.waitFor();
    const download = async (format: string): Promise<Buffer> => {
      await editor.result.getByRole('button', { name: 'Export' }).click();
      const [file] = await Promise.all([
        desk.page.waitForEvent('download'),
        desk.page.getByRole('menuitem', { name: format }).click(),
      ]);
      return readFile(await file.path());
    };
    expect((await download('CSV')).toString()).toBe('id,text\n9007199254740993,"a,b"\n');
    expect((await download('JSON')).toString()).toContain('9007199254740993');
    expect((await download('Parquet')).subarray(0, 4).toString()).toBe('PAR1');
  });

  test('draws a result as a chart', async () => {
    const editor = await open();
    await editor.write("SELECT 'city ' || i AS city, i * 10 AS orders FROM range(8) r(i)");
    await editor.run();
    await editor.result.getByText('Chart', { exact: true }).click();
    await desk.page.getByRole('img', { name: 'Chart of orders' }).locator('canvas').waitFor();
    expect(new URL(desk.page.url()).searchParams.get('view')).toBe('chart');
  });

  test('sums up a column from the rows that are shown', async () => {
    const editor = await open();
    await editor.write("SELECT i AS n, CASE WHEN i % 4 = 0 THEN NULL ELSE 'x' || i % 2 END AS t FROM range(1000) r(i)");
    await editor.run();
    await editor.grid
      .getByRole('columnheader', { name: /varchar/ })
      .getByRole('button')
      .click();
    const summary = desk.page.getByRole('complementary', { name: 'Summary of t' });
    await summary.getByText('250 (25.0 %)').waitFor();
    await summary.getByText('500').waitFor();
  });

  test('lists the catalog, filters it, and writes a name where the cursor is', async () => {
    const editor = await open();
    await editor.write('SELECT ');
    const tree = desk.page.getByRole('tree', { name: 'Catalog' });
    await tree.getByRole('treeitem', { name: /^silver/ }).waitFor();
    await desk.page.getByRole('searchbox', { name: 'Filter tables and columns' }).fill('order_id');
    await tree
      .getByRole('treeitem', { name: /^order_id/ })
      .first()
      .click();
    await desk.page.locator('.view-line', { hasText: 'SELECT order_id' }).waitFor();
    await desk.page.getByRole('searchbox').fill('');
    await tree.getByRole('treeitem', { name: /^orders_current/ }).dblclick();
    await editor.result.getByText(/rows? × /).waitFor();
  });

  test('keeps a history, and saved queries by name', async () => {
    const editor = await open();
    await editor.write('SELECT 4711 AS remembered');
    await editor.run();
    await editor.grid.waitFor();
    await desk.page.getByRole('button', { name: 'Save' }).click();
    await desk.page.getByRole('textbox', { name: 'Name of the query' }).fill('Four seven');
    await desk.page.keyboard.press('Enter');
    await desk.page.getByRole('tab', { name: 'History' }).click();
    await desk.page.getByRole('list', { name: 'History' }).getByText('SELECT 4711 AS remembered').first().waitFor();
    await desk.page.getByRole('tab', { name: 'Saved' }).click();
    await desk.page.getByRole('list', { name: 'Saved queries' }).getByText('Four seven').waitFor();
    await desk.page.getByRole('button', { name: 'Remove Four seven' }).click({ force: true });
    await desk.page.getByText('Four seven').waitFor({ state: 'detached' });
  });
});
