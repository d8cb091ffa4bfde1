import { operatorEnv } from '../../apps/worker/src/claude/base-env.ts';
import { startMessagesApi } from '../../test/support/messages-api/messages-api.ts';
import type { Environment } from '../../tools/dev-services/environment.ts';
import { scriptedTurn } from './scripted-turns.ts';

/** Who answers the sessions of the demo. */
export type Model = {
  readonly description: string;
  /** What the workers must be told of it. */
  readonly settings: Record<string, string>;
  readonly stop: () => Promise<void>;
};

/** The real API with the operator's key where `isLive` asks for it (throws without a key), else a scripted one on loopback. */
export async function chooseModel(env: Environment, isLive: boolean): Promise<Model> {
  if (!isLive) return scriptedModel();
  if (!env['ANTHROPIC_API_KEY'])
    throw new Error('--live talks to the real API: set ANTHROPIC_API_KEY');
  return {
    description: 'the real API answers, and bills the key in ANTHROPIC_API_KEY',
    settings: operatorEnv(env),
    stop: async () => {},
  };
}

async function scriptedModel(): Promise<Model> {
  const api = await startMessagesApi({ script: scriptedTurn });
  return {
    description: `no model: a scripted Messages API at ${api.url} answers the real claude CLI (--live with ANTHROPIC_API_KEY asks the real one)`,
    settings: { ANTHROPIC_BASE_URL: api.url, ANTHROPIC_API_KEY: 'scripted' },
    stop: api.stop,
  };
}
