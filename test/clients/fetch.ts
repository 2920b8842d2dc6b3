/** Fetches what the client suites need, ahead of them: the tests of `kafka.mode: apache` use the same jars. */
import { findToolchains, suiteNames } from './harness/toolchains.ts';

const toolchains = await findToolchains();
for (const name of suiteNames) console.log(`${name}: ${toolchains[name].version ?? toolchains[name].missing}`);
