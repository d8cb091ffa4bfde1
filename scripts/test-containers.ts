// npm run test:containers: tests the Bash sandbox in the worker's image, and runs the store and
// queue suites against the images in docker-compose.yml. Arguments after `--` are passed to vitest.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { StartedTestContainer } from 'testcontainers';
import { reasonOf } from '../tools/dev-services/errors.ts';
import { readComposeService } from './containers/compose-service.ts';
import { findEngine, startContainer, startReaper } from './containers/engine.ts';
import { checkSandbox } from './containers/sandbox.ts';

const SUITES = ['--project', 'integration', 'test/integration/core'];
const PASSED_ON = [
  'PATH',
  'HOME',
  'TMPDIR',
  'XDG_CACHE_HOME',
  'DOCKER_HOST',
  'LANG',
  'CI',
  'NO_COLOR',
  'FORCE_COLOR',
];

const root = join(import.meta.dirname, '..');
const log = (line: string) => console.error(`test:containers: ${line}`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

const started: StartedTestContainer[] = [];

async function start(name: string, port: number): Promise<string> {
  const service = readComposeService(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), name);
  log(`starting ${service.image}`);
  const container = await startContainer(service, port);
  started.push(container);
  stopping.signal.throwIfAborted();
  return `${container.getHost()}:${container.getMappedPort(port)}`;
}

try {
  const missing = await startReaper(await findEngine(), process.env);
  if (missing) {
    log(`no reaper (${missing}): if this process is killed, remove its containers yourself`);
  }
  const env = Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]));
  log("building the worker's image and testing the Bash sandbox in it");
  await checkSandbox({ cwd: root, env, cancelSignal: stopping.signal });
  const servers = {
    REDIS_URL: `redis://${await start('redis', 6379)}`,
    MONGODB_URL: `mongodb://${await start('mongo', 27017)}`,
  };
  const { exitCode } = await execa('vitest', ['run', ...SUITES, ...process.argv.slice(2)], {
    cwd: root,
    env: { ...env, ...servers },
    extendEnv: false,
    stdio: 'inherit',
    reject: false,
    cancelSignal: stopping.signal,
  });
  process.exitCode = exitCode ?? 1;
} catch (error) {
  log(stopping.signal.aborted ? 'stopped' : reasonOf(error));
  process.exitCode = 1;
} finally {
  for (const container of started) await container.stop();
}
