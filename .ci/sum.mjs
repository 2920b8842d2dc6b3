// Adds up the suites' JSON reports. A suite that left no report, or a step that failed, counts as a failure.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, stepFailed] = process.argv.slice(2);
const total = { passed: 0, failed: Number(stepFailed), skipped: 0 };
for (const suite of ['unit', 'browser', 'clients']) {
  const file = join(folder, `${suite}.json`);
  if (!existsSync(file)) {
    console.log(`${suite}: no report`);
    total.failed += 1;
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + (report.numFailedTestSuites > 0 && report.numFailedTests === 0 ? 1 : 0),
    skipped: report.numPendingTests + report.numTodoTests,
  };
  console.log(`${suite}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  for (const key of Object.keys(total)) total[key] += counts[key];
}
console.log(`${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
