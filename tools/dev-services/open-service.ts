import { type Candidate, type Choice, pickFirst } from './candidates.ts';
import type { DataFolder } from './data-folder.ts';
import type { Host } from './host.ts';
import { createOutages, type Outages } from './outages.ts';
import type { RunningServer } from './server.ts';
import { withoutPassword } from './url.ts';

/** A server that answers. */
export type Service<Kind extends string> = {
  readonly url: string;
  readonly kind: Kind;
  readonly version: string;
  /** The pid of the server, if it was started here. */
  readonly pid?: number;
  /** Stops and restarts the server, if it was started here. */
  readonly outages?: Outages;
};

/** A server that answers. `server` and `restart` are present if it was started here. */
export type StartedServer<A> = {
  readonly answer: A;
  readonly server?: RunningServer<A>;
  /** Starts the server again, at the same address and on the same data. */
  readonly restart?: () => Promise<RunningServer<A>>;
};

type Answer = { readonly url: string; readonly version: string };

/** How a server is found and started. */
export type ServicePlan<Kind extends string> = {
  readonly name: string;
  readonly title: string;
  readonly candidates: readonly Candidate<Kind, Host>[];
  readonly only: Kind | undefined;
  readonly advice: string;
  readonly start: (
    choice: Choice<Kind>,
    host: Host,
    dataFolder: () => Promise<string>,
  ) => Promise<StartedServer<Answer>>;
};

/** An opened server, and a promise of its end. */
export type OpenedService<Kind extends string> = {
  readonly service: Service<Kind>;
  /**
   * Resolves with the server's last output if the server ends by itself. Never resolves for a
   * server that the launcher did not start.
   */
  readonly failed: Promise<string>;
  readonly stop: () => Promise<void>;
};

/** Finds a server, starts it if it does not run yet, and logs which server it is. */
export async function openService<Kind extends string>(
  host: Host,
  data: DataFolder,
  plan: ServicePlan<Kind>,
): Promise<OpenedService<Kind>> {
  const log = (line: string) => host.log(`${plan.name}: ${line}`);
  const { only, title, advice } = plan;
  const choice = await pickFirst(
    plan.candidates,
    { ...host, log },
    {
      only,
      title: `${title} server`,
      advice,
    },
  );
  const folder = () => data.folder(plan.name, choice.kind);
  const { answer, server, restart } = await plan.start(choice, host, folder);
  const from = 'from' in choice.found ? `${choice.kind} (${choice.found.from})` : 'given';
  log(`${answer.version} at ${withoutPassword(answer.url)}, ${from}`);

  if (!server || !restart) {
    const failed = new Promise<never>(() => {}); // the launcher does not watch a server that it did not start
    return { service: { ...answer, kind: choice.kind }, failed, stop: async () => {} };
  }
  const failed = Promise.withResolvers<string>();
  const outages = createOutages(server, restart, (last) => {
    if (host.guardian.isClosed()) return;
    log(`ended by itself: ${last}`);
    failed.resolve(`${title} ended by itself: ${last}`);
  });
  return {
    service: { ...answer, kind: choice.kind, pid: server.pid, outages },
    failed: failed.promise,
    stop: outages.stop,
  };
}
