// An agent can carry what other keys of a config carry, so the operator's limits on those keys apply to it too.
import type { Agent } from '../config/agent-config.ts';
import { agentsOf, serversOfAgent } from './config-parts.ts';
import type { Governed, Policy, Refusal } from './policy.ts';

// The key of an agent, and the key of a config that does the same for a whole session.
const SAME_AS: readonly (readonly [keyof Agent, string])[] = [
  ['permissionMode', 'permission_mode'],
  ['hooks', 'settings'],
  ['model', 'model'],
  ['effort', 'effort'],
  ['maxTurns', 'max_turns'],
];

/** Refuses the parts of agents that FORBIDDEN_OPTIONS forbids, and hooks if ALLOWED_SETTINGS has no `hooks`. */
export function checkAgents(config: Governed, policy: Policy): Refusal[] {
  const { forbiddenOptions, allowedSettings } = policy;
  return agentsOf(config).flatMap((agent) => {
    const { field, value } = agent;
    const forbidden = SAME_AS.filter(
      ([key, option]) => value[key] !== undefined && forbiddenOptions.includes(option),
    ).map(([key, option]) => refuse(`${field}.${key}`, option));
    const servers = forbiddenOptions.includes('mcp_config') ? serversOfAgent(agent) : [];
    const mayHaveHooks = allowedSettings === 'any' || allowedSettings.includes('hooks');
    return [
      ...forbidden,
      ...servers.map((server) => refuse(server.field, 'mcp_config')),
      ...(value.hooks !== undefined && !mayHaveHooks ? [refuseHooks(`${field}.hooks`)] : []),
    ];
  });
}

function refuse(field: string, option: string): Refusal {
  const message = `the operator does not allow ${option}, which does the same; leave it out`;
  return { code: 'OPTION_NOT_ALLOWED', field, message };
}

function refuseHooks(field: string): Refusal {
  const message = 'the operator does not allow hooks; leave them out';
  return { code: 'OPTION_NOT_ALLOWED', field, message };
}
