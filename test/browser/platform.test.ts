import { expect, test } from 'vitest';
import { inBrowser } from './page.ts';

const digits = (text: string | null): number => Number((text ?? '').replaceAll(/\D/g, ''));

inBrowser('Platform', (desk) => {
  const card = (name: string) => desk.page.getByRole('button', { name: new RegExp(`^${name.replace('.', '\\.')}, `) });

  test('shows the flow from the city to gold, with figures that move', async () => {
    await desk.go('/');
    for (const name of ['city', 'gateway', 'bronze.orders', 'silver.orders', 'gold.orders_by_city_5min'])
      await card(name).waitFor();
    const rows = async (): Promise<number> =>
      digits(await card('bronze.orders').locator('[class*=rows]').textContent());
    await expect.poll(rows, { timeout: 60_000 }).toBeGreaterThan(0);
    const before = await rows();
    await expect.poll(rows, { timeout: 60_000 }).toBeGreaterThan(before);
  });

  test('keeps the token out of the address bar, and a reload still works', async () => {
    await desk.go('/');
    expect(new URL(desk.page.url()).search).toBe('');
    await desk.page.reload();
    await card('bronze.orders').waitFor();
  });

  test('opens a hop beside the diagram, by its address too, and leads to its rows', async () => {
    await desk.go('/');
    await card('silver.orders').click();
    expect(new URL(desk.page.url()).searchParams.get('node')).toBe('silver.orders');
    const drawer = desk.page.getByRole('complementary', { name: 'Detail of silver.orders' });
    await drawer.getByText('duplicates removed').waitFor();
    await desk.page.reload();
    await drawer.getByRole('button', { name: 'Query it' }).click();
    await desk.page
      .getByRole('grid', { name: 'Result' })
      .getByRole('columnheader', { name: /order_id/ })
      .waitFor();
  });

  test('closes the drawer with Escape', async () => {
    await desk.go('/?node=bronze.orders');
    const drawer = desk.page.getByRole('complementary');
    await drawer.waitFor();
    await desk.page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
  });

  test('kills a process after asking, and shows it come back as another one', async () => {
    await desk.go('/');
    const ingest = desk.page.getByRole('listitem', { name: /^ingest, / });
    const pid = async (): Promise<number> => digits(await ingest.getByText(/^pid/).textContent());
    await expect.poll(pid).toBeGreaterThan(0);
    const before = await pid();
    await ingest.getByRole('button', { name: 'Kill ingest (SIGKILL)' }).click();
    await desk.page.getByRole('dialog').getByRole('button', { name: 'Kill ingest' }).click();
    await ingest.getByLabel(/^\d+ restarts?$/).waitFor();
    await desk.page.getByRole('listitem', { name: 'ingest, running' }).waitFor();
    expect(await pid()).not.toBe(before);
  });

  test('the audit counts at every hop and finds nothing lost', async () => {
    await desk.go('/?panel=audit');
    await desk.page.getByRole('button', { name: 'Run the audit' }).click();
    await desk.page.getByText('Nothing lost, nothing doubled').waitFor({ timeout: 80_000 });
    const panel = desk.page.getByRole('complementary', { name: 'Audit' });
    expect(await panel.getByRole('listitem').count()).toBeGreaterThan(5);
    expect(await panel.getByLabel('does not agree').count()).toBe(0);
  });
});
