import type { Outcome } from '@baton/core/internal';
import { runSetup, SETUP_EVENT } from '../setup/run-setup.ts';
import { needsSetup, noteSetup } from '../setup/setup-mark.ts';
import type { AttemptCaptures } from './attempt-captures.ts';
import type { AttemptContext } from './attempt-context.ts';
import type { Prepared } from './prepare.ts';
import { concludeUnstarted } from './reconcile-history.ts';
import { hostFailure, refuseAttempt } from './refuse-attempt.ts';

/**
 * Runs the setup commands of the workspace, unless they have succeeded in this directory already. Their output becomes
 * events. Resolves to the session's outcome if the CLI must not start, else to null.
 */
export async function setUpWorkspace(
  context: AttemptContext,
  { planned, repository, cwd, setupEnv, marker, output }: Prepared,
  captures: Pick<AttemptCaptures, 'startStored'>,
): Promise<Outcome | null> {
  const { deps, session, recorder, stopSwitch, log } = context;
  const commands = repository?.setup ?? [];
  if (!planned || commands.length === 0) return null;
  const { shadow, path: directory } = planned.location;
  const target = { shadow, directory, commands, cwd };
  try {
    if (!(await needsSetup(target))) return null;
    // The session begins with the files as they were cloned, so the commands must not change them before that is stored.
    await captures.startStored;
    const verdict = await runSetup({
      commands,
      cwd,
      env: setupEnv,
      launcher: deps.launcher,
      marker,
      timeoutMs: session.config.timeouts?.setup_ms ?? deps.setupTimeoutMs,
      masker: output,
      signal: stopSwitch.controller.signal,
      record: ({ subtype, raw }) =>
        void recorder.record({ type: SETUP_EVENT, subtype, raw, bytes: Buffer.byteLength(raw) }),
    });
    switch (verdict.kind) {
      case 'done':
        await noteSetup(target);
        return null;
      case 'stopped':
        return concludeUnstarted(stopSwitch.reason ?? { kind: 'lost' });
      case 'host_problem':
        deps.host.report(verdict.problem);
        return hostFailure(verdict.problem, 0);
      case 'failed':
        return { kind: 'failed', failure: verdict.failure };
    }
  } catch (error) {
    return refuseAttempt(error, deps.host, log);
  }
}
