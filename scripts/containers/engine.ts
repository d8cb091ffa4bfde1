import {
  type ContainerRuntimeClient,
  GenericContainer,
  getContainerRuntimeClient,
  getReaper,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import type { ComposeService } from './compose-service.ts';

/** Finds the Docker Engine. Throws an error that says what to do if no engine answers. */
export async function findEngine(): Promise<ContainerRuntimeClient> {
  try {
    return await getContainerRuntimeClient();
  } catch (cause) {
    throw new Error('no Docker Engine answers: start one, or set DOCKER_HOST to one', { cause });
  }
}

/**
 * Starts the reaper, which removes the containers of this process if this process is killed.
 * Returns null, or the reason why the reaper could not start. Without the reaper, containers are
 * removed only when they are stopped.
 */
export async function startReaper(
  engine: ContainerRuntimeClient,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  try {
    await getReaper(engine);
    return null;
  } catch (error) {
    env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Starts the container of a service, maps `port` to a free port, and resolves when it is healthy.
 */
export function startContainer(
  { image, command, healthcheck }: ComposeService,
  port: number,
): Promise<StartedTestContainer> {
  return new GenericContainer(image)
    .withCommand(command)
    .withExposedPorts(port)
    .withHealthCheck(healthcheck)
    .withWaitStrategy(Wait.forHealthCheck())
    .start();
}
