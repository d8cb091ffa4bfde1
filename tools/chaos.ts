// npm run chaos: runs sessions and sends them messages while it kills, stops, pauses and flushes
// workers, Redis and MongoDB. Then it restores everything, and audits the result from the documents
// and from marks that the sessions left. The last line on standard output is one JSON object with the
// figures. The exit status is 1 if any check fails.
//   --sessions N  sessions to run (200)      --minutes M  how long the faults last (10)
//   --workers W   workers at a time (3)      --seed S     repeats the plan of this seed (random)
//   --hosts       each worker is a host with its own disk, see tools/hosts
//   --json        prints only the JSON line on standard output
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from './chaos/options.ts';
import { runChaos } from './chaos/run.ts';

process.exit(await main());

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  // The folder is directly in the system's temporary folder, because the paths of sockets must stay short.
  const folder = await mkdtemp(join(tmpdir(), 'baton-chaos-'));
  const found = await runChaos(options, process.env, folder);
  if (!options.json) {
    for (const { check, session, problem } of found.violations) {
      process.stdout.write(`DOES NOT HOLD: ${check}: ${session ? `${session} ` : ''}${problem}\n`);
    }
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
  if (found.holds) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  else process.stderr.write(`the workers' logs and directories are kept in ${folder}\n`);
  return found.holds ? 0 : 1;
}
