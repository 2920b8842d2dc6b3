import { expect, test } from 'vitest';
import { inBrowser } from './page.ts';

const names = [
  'throughput per topic',
  'end-to-end freshness',
  'lag in seconds',
  'lag in messages',
  'batch duration',
  'memory by process',
  'CPU by process',
];
const number = (text: string | null): number => Number((text ?? '').replaceAll(/[^\d.]/g, ''));

inBrowser('Metrics', (desk) => {
  const chart = (name: string) => desk.page.getByRole('region', { name, exact: true });

  test('draws every chart, with values that move on the same canvas', async () => {
    await desk.go('/metrics');
    for (const name of names) await chart(name).locator('canvas').waitFor({ timeout: 60_000 });
    const total = chart('throughput per topic').getByRole('listitem').filter({ hasText: 'all topics' });
    await expect.poll(async () => number(await total.textContent()), { timeout: 60_000 }).toBeGreaterThan(100);
    const canvas = await chart('memory by process').locator('canvas').elementHandle();
    const before = await chart('memory by process').getByRole('list').textContent();
    await expect.poll(() => chart('memory by process').getByRole('list').textContent()).not.toBe(before);
    expect(await canvas!.evaluate((element) => element.isConnected)).toBe(true);
  });

  test('isolates a series by its name in the legend', async () => {
    await desk.go('/metrics');
    const legend = chart('throughput per topic').getByRole('list');
    const placed = legend.getByRole('button', { name: /order\.placed/ });
    await placed.click();
    expect(await placed.getAttribute('aria-pressed')).toBe('true');
    expect(await legend.getByRole('button', { name: /order\.accepted/ }).getAttribute('data-off')).toBe('true');
    await placed.click();
    expect(await placed.getAttribute('aria-pressed')).toBe('false');
  });

  test('the window of time is in the address, can stand still and go on', async () => {
    await desk.go('/metrics');
    await desk.page.getByRole('button', { name: 'Last 15 minutes' }).click();
    expect(new URL(desk.page.url()).searchParams.get('span')).toBe('900000');
    await chart('memory by process').locator('canvas').waitFor();
    await desk.page.getByRole('button', { name: 'Pause', exact: true }).click();
    const { searchParams } = new URL(desk.page.url());
    expect(Number(searchParams.get('to')) - Number(searchParams.get('from'))).toBe(900_000);
    await desk.page.reload();
    await desk.page.getByText('standing still').waitFor();
    await desk.page.getByRole('button', { name: 'Go live' }).click();
    await desk.page.getByText('live, every second').waitFor();
  });
});
