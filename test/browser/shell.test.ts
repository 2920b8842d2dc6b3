import { expect, test } from 'vitest';
import { inBrowser } from './page.ts';

inBrowser('The frame', (desk) => {
  const scheme = () => desk.page.locator('html').getAttribute('data-mantine-color-scheme');

  test('is dark at first, changes its theme and remembers it', async () => {
    await desk.go('/');
    expect(await scheme()).toBe('dark');
    await desk.page.getByRole('button', { name: /^Theme: dark/ }).click();
    expect(await scheme()).toBe('light');
    await desk.page.reload();
    await desk.page.getByRole('button', { name: /^Theme: light/ }).waitFor();
    expect(await scheme()).toBe('light');
  });

  test('goes from page to page by keys, but not while somebody types', async () => {
    await desk.go('/');
    await desk.page.keyboard.type('gm');
    await desk.page.getByRole('heading', { name: 'Metrics' }).waitFor();
    await desk.page.keyboard.type('gq');
    await desk.page.locator('.monaco-editor .view-lines').waitFor();
    await desk.page.locator('.monaco-editor .view-lines').click();
    await desk.page.keyboard.type('gp');
    expect(new URL(desk.page.url()).pathname).toBe('/query');
  });

  test('explains its keys and terms', async () => {
    await desk.go('/');
    await desk.page.keyboard.press('?');
    const help = desk.page.getByRole('dialog');
    await help.getByText('The point in event time', { exact: false }).waitFor();
    await desk.page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    await desk.page.getByText('freshness', { exact: true }).first().focus();
    await desk.page.getByRole('tooltip').getByText('visible in gold', { exact: false }).waitFor();
  });

  test('the palette reaches tables and actions, from the editor too', async () => {
    await desk.go('/query');
    await desk.page.locator('.monaco-editor .view-lines').click();
    await desk.page.keyboard.press('ControlOrMeta+K');
    const search = desk.page.getByRole('textbox', { name: 'Search everything' });
    await search.fill('silver.city_del');
    await desk.page.getByRole('button', { name: /^silver\.city_deliveries \d/ }).waitFor();
    await desk.page.keyboard.press('Enter');
    await desk.page.getByRole('tab', { name: 'silver.city_deliveries', selected: true }).waitFor();
    await desk.page.keyboard.press('ControlOrMeta+K');
    await search.fill('theme: light');
    await desk.page.keyboard.press('Enter');
    await expect.poll(scheme).toBe('light');
  });

  test('pauses the city and lets it go on', async () => {
    await desk.go('/');
    await desk.page.getByRole('button', { name: 'Pause the city' }).click();
    await desk.page.getByRole('button', { name: 'Start the city' }).first().click();
    await desk.page.getByRole('button', { name: 'Pause the city' }).waitFor();
  });

  test('changes the rate of the city', async () => {
    await desk.go('/');
    await desk.page.getByRole('button', { name: /^Rate of the city/ }).click();
    await desk.page.getByRole('menuitem', { name: '500/s' }).click();
    await desk.page.getByRole('button', { name: /^Rate of the city: 500\/s/ }).waitFor();
    await desk.page.getByRole('button', { name: /^Rate of the city/ }).click();
    await desk.page.getByRole('menuitem', { name: '1,000/s' }).click();
    await desk.page.getByRole('button', { name: /^Rate of the city: 1,000\/s/ }).waitFor();
  });
});
