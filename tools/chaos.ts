// npm run chaos: sessions run while workers, Redis and MongoDB are killed, stopped, paused and flushed; then all is
// healed, and what is left is audited from documents and marks alone. The last line on standard output is one JSON
// object of figures; the exit status is 1 where anything does not hold.
//   --sessions N  sessions in all (200)      --minutes M  how long things break (10)
//   --workers W   workers at a time (3)      --seed S     replays the same plan; default: made up
//   --json        nothing but that line on standard output
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from './chaos/options.ts';
import { runChaos } from './chaos/run.ts';

process.exit(await main());

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  // Not below the folder for temporary files of somebody else's test: socket paths must stay short.
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
