/** All keys and all terms on one sheet. */
import { Modal } from '@mantine/core';
import { useStore } from '../api/store.ts';
import { Keys } from '../parts/controls.tsx';
import { glossary } from '../parts/glossary.ts';
import { helpOpen } from './actions.ts';
import { pages } from './pages.ts';
import styles from './shell.module.css';

const keys: readonly [string, string][] = [
  ['mod+K', 'Go to or do anything'],
  ...pages.map((page): [string, string] => [page.key.replace(' ', '+'), `Go to ${page.name}`]),
  ['mod+Enter', 'Query: run the selection, or the statement at the cursor'],
  ['mod+Shift+Enter', 'Query: run all statements'],
  ['Esc', 'Query: cancel; elsewhere: close the drawer'],
  ['mod+C', 'Result: copy the selected cells'],
  ['?', 'This sheet'],
];

export const Help = () => {
  const opened = useStore(helpOpen);
  return (
    <Modal opened={opened} onClose={() => helpOpen.set(false)} title="Keys and terms" size={760}>
      <dl className={styles['keys']}>
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <Keys keys={key} />
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <dl className={styles['terms']}>
        {Object.entries(glossary).map(([term, text]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
};
