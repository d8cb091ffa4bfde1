import { type Candidate, type Choice, pickFirst } from './candidates.ts';
import type { DataFolder } from './data-folder.ts';
import type { Host } from './host.ts';
import { createOutages, type Outages } from './outages.ts';
import type { RunningServer } from './server.ts';
import { withoutPassword } from './url.ts';

/** A server that answers: where, of which kind, and what it calls itself. */
export type Service<Kind extends string> = {
  readonly url: string;
  readonly kind: Kind;
  readonly version: string;
  /** The process, when it was started here. */
  readonly pid?: number;
  /** Takes it away and gives it back, when it was started here. */
  readonly outages?: Outages;
};

/** A server that answers; `server`, and how it is started again at the same place, when it was started here. */
export type StartedServer<A> = {
  readonly answer: A;
  readonly server?: RunningServer<A>;
  readonly restart?: () => Promise<RunningServer<A>>;
};

type Answer = { readonly url: string; readonly version: string };

/** How one of the servers is found and started. */
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

/** A server that answers, and its end. */
export type OpenedService<Kind extends string> = {
  readonly service: Service<Kind>;
  /** Resolves with what it said last when it has ended by itself; never for one that was given. */
  readonly failed: Promise<string>;
  readonly stop: () => Promise<void>;
};

/** Finds a server, starts it unless it runs already, and logs which one it is. */
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
    const failed = new Promise<never>(() => {}); // a given one is not ours to watch
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
