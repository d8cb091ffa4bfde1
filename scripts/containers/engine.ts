import {
  type ContainerRuntimeClient,
  GenericContainer,
  getContainerRuntimeClient,
  getReaper,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import type { ComposeService } from './compose-service.ts';

/** The Docker Engine that answers here; throws, saying what to do, where none does. */
export async function findEngine(): Promise<ContainerRuntimeClient> {
  try {
    return await getContainerRuntimeClient();
  } catch (cause) {
    throw new Error('no Docker Engine answers: start one, or point DOCKER_HOST at one', { cause });
  }
}

/**
 * Starts the reaper, which removes our containers should this process be killed. Returns why it could not
 * (its image cannot be had, the engine does not let it): then containers go only by being stopped.
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

/** Starts the service's container, with `port` on a free port of this machine; resolves once it is healthy. */
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
