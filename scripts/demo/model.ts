import { operatorEnv } from '../../apps/worker/src/claude/base-env.ts';
import { startMessagesApi } from '../../test/support/messages-api/messages-api.ts';
import type { Environment } from '../../tools/dev-services/environment.ts';
import { scriptedTurn } from './scripted-turns.ts';

/** The model that answers the sessions: the real API, or a scripted API. */
export type Model = {
  readonly description: string;
  /** The environment variables with which the CLI reaches the model. */
  readonly settings: Record<string, string>;
  readonly stop: () => Promise<void>;
};

/**
 * Returns the real API with the operator's key if `isLive`; throws without a key. Otherwise starts a
 * scripted API on loopback.
 */
export async function chooseModel(env: Environment, isLive: boolean): Promise<Model> {
  if (!isLive) return scriptedModel();
  if (!env['ANTHROPIC_API_KEY']) throw new Error('--live uses the real API: set ANTHROPIC_API_KEY');
  return {
    description: 'the real API answers, and bills the account of ANTHROPIC_API_KEY',
    settings: operatorEnv(env),
    stop: async () => {},
  };
}

/** Starts a scripted Messages API on loopback. The API answers every session, and no real key is needed. */
export async function scriptedModel(): Promise<Model> {
  const api = await startMessagesApi({ script: scriptedTurn });
  return {
    description: `no real model is used: a scripted Messages API at ${api.url} answers the real claude CLI`,
    settings: { ANTHROPIC_BASE_URL: api.url, ANTHROPIC_API_KEY: 'key-of-the-scripted-api' },
    stop: api.stop,
  };
}

/**
 * Returns the environment with the variables of this model. The operator's credentials, cloud provider and
 * proxies are removed.
 */
export function withModel(env: Environment, model: Model): Environment {
  const withoutOperator = Object.fromEntries(
    Object.entries(env).filter(([name]) => !isCredentialOrRoute(name)),
  );
  return { ...withoutOperator, ...model.settings };
}

function isCredentialOrRoute(name: string): boolean {
  return /^(?:ANTHROPIC_|AWS_|CLAUDE_CODE_|CLOUD_ML_|GOOGLE_|GCLOUD_|VERTEX_)|_PROXY$/i.test(name);
}
