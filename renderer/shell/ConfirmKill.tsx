/** Killing a process is safe here, and is meant to be tried; still, nobody should do it by a slip. */
import { Modal } from '@mantine/core';
import { useStore } from '../api/store.ts';
import { Button } from '../parts/controls.tsx';
import { kill, killAsked, type KillableProcess } from './actions.ts';
import styles from './shell.module.css';

const consequence: Readonly<Record<KillableProcess, string>> = {
  broker:
    'Kafka is away for a moment: the gateway answers "try again", the pipeline waits. Nothing that it confirmed is lost.',
  simulator: 'The city stops for a moment and then goes on with exactly the event at which it was.',
  ingest: 'The gateway and change data capture are away for a moment; senders repeat what was not confirmed.',
  pipeline: 'A batch is cut off half-way. Its commit is all or nothing, so it is done again from the same offsets.',
  query: 'Running queries fail with a sentence. The data flow is not touched.',
};

const close = (): void => killAsked.set(null);

export const ConfirmKill = () => {
  const name = useStore(killAsked);
  const confirm = (): void => {
    close();
    if (name !== null) void kill(name);
  };
  return (
    <Modal opened={name !== null} onClose={close} title={`Kill ${name ?? ''} (SIGKILL)?`} size={440}>
      <p className={styles['modal-text']}>{name === null ? '' : consequence[name]}</p>
      <p className={styles['modal-text']}>
        The engine starts it again by itself. Run the audit afterwards to see that it held.
      </p>
      <div className={styles['modal-actions']}>
        <Button onClick={close}>Leave it running</Button>
        <Button tone="fault" onClick={confirm} data-autofocus>
          Kill {name}
        </Button>
      </div>
    </Modal>
  );
};
