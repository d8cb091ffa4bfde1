// npm run test:mixed -- COMMIT: runs workers of an older commit and of this working tree on one
// Redis and one MongoDB, with the new API. Prints for each scenario whether it holds. The exit
// status is 1 if a scenario does not hold.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../tools/dev-services/errors.ts';
import { startServices } from '../tools/dev-services/services.ts';
import { checkOut } from './mixed/checkout.ts';
import { type Fleet, openFleet } from './mixed/fleet.ts';
import { SCENARIOS } from './mixed/scenarios.ts';
import { createSink } from './stack/sink.ts';

const [revision] = process.argv.slice(2);
if (revision === undefined) {
  console.error('test:mixed: expected an older commit: npm run test:mixed -- COMMIT');
  process.exit(2);
}
process.exit((await testMixed(revision)) ? 0 : 1);

/** Runs every scenario with the older commit, and returns true if all hold. */
async function testMixed(older: string): Promise<boolean> {
  const log = (line: string) => console.error(`test:mixed: ${line}`);
  const temporary = await mkdtemp(join(tmpdir(), 'baton-mixed-'));
  const services = await startServices({ env: process.env, log });
  services.guardian.removeAtEnd(temporary);
  try {
    const checkout = await checkOut(older, join(temporary, 'old'), log);
    try {
      const options = { folder: temporary, oldRoot: checkout.folder, sink: createSink(process) };
      log(`testing workers of ${checkout.commit} together with workers of this working tree`);
      return await runAll(await openFleet(services, options), checkout.folder);
    } finally {
      await checkout.remove();
    }
  } catch (error) {
    log(reasonOf(error));
    return false;
  } finally {
    await services.stop();
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Runs the scenarios one after another, prints the result of each, and returns true if all hold.
 */
async function runAll(fleet: Fleet, oldRoot: string): Promise<boolean> {
  let allHold = true;
  try {
    for (const { name, needs, lacks, run } of SCENARIOS) {
      if (needs !== undefined && !existsSync(join(oldRoot, needs))) {
        console.log(`skipped: ${name}: the older commit has no ${needs}`);
        continue;
      }
      if (lacks !== undefined && existsSync(join(oldRoot, lacks))) {
        console.log(`skipped: ${name}: the older commit has ${lacks}`);
        continue;
      }
      try {
        await run(fleet);
        console.log(`holds: ${name}`);
      } catch (error) {
        allHold = false;
        console.log(`DOES NOT HOLD: ${name}: ${reasonOf(error)}`);
      }
      await fleet.stopWorkers();
    }
    return allHold;
  } finally {
    await fleet.close();
  }
}
