/**
 * A process that waits until its parent is gone, however it went, and then kills the one whose id it was given: a Java program
 * does not notice that who started it was killed, and would keep port and log folder.
 */
const pid = Number(process.argv[2]);

process.stdin.on('end', () => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // it is gone already, as it should be
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
});
process.stdin.resume();
