import { type Candidate, type Choice, pickFirst } from './candidates.ts';
import type { Data } from './data.ts';
import type { Host } from './host.ts';
import type { RunningServer } from './server.ts';
import { withoutPassword } from './url.ts';

/** A server that answers: where, of which kind, and what it calls itself. */
export type Service<Kind extends string> = {
  readonly url: string;
  readonly kind: Kind;
  readonly version: string;
  /** The process, when it was started here. */
  readonly pid?: number;
};

type Answer = { readonly url: string; readonly version: string };

/** How one of the servers is found and started. */
export type Plan<Kind extends string> = {
  readonly name: string;
  readonly title: string;
  readonly candidates: readonly Candidate<Kind, Host>[];
  readonly only: Kind | undefined;
  readonly advice: string;
  readonly start: (
    choice: Choice<Kind>,
    host: Host,
    dataFolder: () => Promise<string>,
  ) => Promise<{ answer: Answer; server?: RunningServer<Answer> }>;
};

/** A server that answers, and its end. */
export type BroughtUp<Kind extends string> = {
  readonly service: Service<Kind>;
  /** Resolves with what it said last when it has ended by itself; never for one that was given. */
  readonly failed: Promise<string>;
  readonly stop: () => Promise<void>;
};

/** Finds a server, starts it unless it runs already, and says which was taken. */
export async function bringUp<Kind extends string>(
  host: Host,
  data: Data,
  plan: Plan<Kind>,
): Promise<BroughtUp<Kind>> {
  const log = (line: string) => host.log(`${plan.name}: ${line}`);
  const { only, title, advice } = plan;
  const choice = await pickFirst(plan.candidates, { ...host, log }, { only, title, advice });
  const folder = () => data.folder(plan.name, choice.kind);
  const { answer, server } = await plan.start(choice, host, folder);
  const from = 'from' in choice.found ? `${choice.kind} (${choice.found.from})` : 'given';
  log(`${answer.version} at ${withoutPassword(answer.url)}, ${from}`);

  let isStopping = false;
  const failed = new Promise<string>((resolve) => {
    void server?.ended.then((last) => {
      if (isStopping) return;
      log(`ended by itself: ${last}`);
      resolve(`${title} ended by itself: ${last}`);
    });
  });
  return {
    service: { ...answer, kind: choice.kind, ...(server && { pid: server.pid }) },
    failed,
    stop: async () => {
      isStopping = true;
      await server?.stop();
    },
  };
}
