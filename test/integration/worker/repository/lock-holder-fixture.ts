// Takes a lock, says so on standard output, and keeps it until the process is killed.
import { takeLock } from '../../../../apps/worker/src/repository/folder-lock.ts';

await takeLock(process.argv[2] ?? '');
process.stdout.write('held\n');
setInterval(() => {}, 60_000);
