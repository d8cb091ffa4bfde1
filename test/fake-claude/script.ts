/** One step: an object whose first known key names the action (see actions.ts). */
export type Step = Record<string, unknown>;

const CONTINUATION_PROMPT = 'Continue from where you left off.';

/** Returns the steps in the lines that begin with `#fake `. Each line has one step or an array of steps. */
function stepsOf(prompt: string): Step[] | undefined {
  const lines = prompt.split('\n').filter((line) => line.startsWith('#fake '));
  if (lines.length === 0) return undefined;
  return lines
    .map((line) => JSON.parse(line.slice('#fake '.length)) as Step | Step[])
    .flatMap((steps) => (Array.isArray(steps) ? steps : [steps]));
}

/**
 * Returns the script to play. The script of the prompt comes first. If the prompt has no script and asks to
 * continue, the last script of the transcript follows, provided that it leaves marks. Otherwise the script
 * is FAKE_CLAUDE_SCRIPT, or undefined if that is not set.
 */
export function findScript(
  prompt: string,
  env: NodeJS.ProcessEnv,
  earlierPrompts: readonly string[],
): Step[] | undefined {
  const fromEnv = env['FAKE_CLAUDE_SCRIPT'];
  return (
    stepsOf(prompt) ??
    (isContinuation(prompt) ? unfinished(earlierPrompts) : undefined) ??
    (fromEnv === undefined ? undefined : (JSON.parse(fromEnv) as Step[]))
  );
}

// After that sentence, Baton may tell which calls were cut from the transcript.
function isContinuation(prompt: string): boolean {
  return prompt.trim().split('\n\n')[0] === CONTINUATION_PROMPT;
}

// Only steps with marks record how far they came. Other steps would start again instead of continuing.
function unfinished(prompts: readonly string[]): Step[] | undefined {
  const last = prompts.map(stepsOf).findLast((steps) => steps !== undefined);
  return last?.some((step) => 'marks' in step) ? last : undefined;
}

/** Returns the number that a step has under this key, or the fallback. */
export function numberOf(step: Step, key: string, fallback: number): number {
  const value = step[key];
  return typeof value === 'number' ? value : fallback;
}
