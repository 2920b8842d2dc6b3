/** A word of the field that explains itself on hover and on focus. */
import { Tooltip } from '@mantine/core';
import { type ReactNode } from 'react';
import { glossary, type TermName } from './glossary.ts';
import styles from './parts.module.css';

export const Term = ({ name, children }: { name: TermName; children?: ReactNode }) => (
  <Tooltip label={glossary[name]} multiline w={280} events={{ hover: true, focus: true, touch: true }}>
    <span className={styles['term']} tabIndex={0}>
      {children ?? name}
    </span>
  </Tooltip>
);
