/** Mantine in the instrument's clothes: our grounds, sizes and faces in place of its own. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const accent: MantineColorsTuple = [
  '#eaf1ff',
  '#d3e2ff',
  '#a9c6ff',
  '#8ab3ff',
  '#6ea3ff',
  '#4f8bf5',
  '#2f72e0',
  '#1f5fd0',
  '#1a4fae',
  '#153f8b',
];
/** Mantine derives the dark theme's text, borders and grounds from this scale, lightest first. */
const dark: MantineColorsTuple = [
  '#e8ebee',
  '#a9b2bd',
  '#808b97',
  '#5a6571',
  '#2a313a',
  '#1e242b',
  '#161a1f',
  '#101317',
  '#0c0f12',
  '#0a0c0f',
];
const fault: MantineColorsTuple = [
  '#fdf0ec',
  '#fbdcd3',
  '#f7b8a6',
  '#f89a80',
  '#ff7d5c',
  '#ea6342',
  '#d84a25',
  '#bf3412',
  '#9c2a0f',
  '#7a210c',
];

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 4 },
  colors: { accent, dark, fault },
  autoContrast: true,
  fontFamily: 'var(--face-text)',
  fontFamilyMonospace: 'var(--face-code)',
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '15px', xl: '20px' },
  lineHeights: { xs: '16px', sm: '16px', md: '20px', lg: '20px', xl: '28px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { openDelay: 250, withArrow: false, transitionProps: { duration: 80 } } },
    Menu: { defaultProps: { shadow: 'none', transitionProps: { duration: 80 }, offset: 4 } },
    Popover: { defaultProps: { shadow: 'none', transitionProps: { duration: 80 }, offset: 4 } },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 100 }, overlayProps: { opacity: 0.6 } } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': 'var(--ground-0)',
    '--mantine-color-text': 'var(--text-1)',
    '--mantine-color-dimmed': 'var(--text-3)',
    '--mantine-color-default': 'var(--ground-2)',
    '--mantine-color-default-hover': 'var(--ground-3)',
    '--mantine-color-default-border': 'var(--line-2)',
    '--mantine-color-placeholder': 'var(--text-3)',
  },
  dark: {
    '--mantine-color-body': 'var(--ground-0)',
    '--mantine-color-text': 'var(--text-1)',
    '--mantine-color-dimmed': 'var(--text-3)',
    '--mantine-color-default': 'var(--ground-2)',
    '--mantine-color-default-hover': 'var(--ground-3)',
    '--mantine-color-default-border': 'var(--line-2)',
    '--mantine-color-placeholder': 'var(--text-3)',
  },
});
