/** One step: an object whose first known key names the action (see actions.ts). */
export type Step = Record<string, unknown>;

const CONTINUATION_PROMPT = 'Continue from where you left off.';

/** The steps that lines beginning with `#fake ` spell out, each an object or an array of them. */
function stepsOf(prompt: string): Step[] | undefined {
  const lines = prompt.split('\n').filter((line) => line.startsWith('#fake '));
  if (lines.length === 0) return undefined;
  return lines
    .map((line) => JSON.parse(line.slice('#fake '.length)) as Step | Step[])
    .flatMap((steps) => (Array.isArray(steps) ? steps : [steps]));
}

/**
 * The script to play: the prompt's own; else, where the prompt says to go on, the last one of the transcript
 * that leaves marks; else that of FAKE_CLAUDE_SCRIPT, else none.
 */
export function findScript(
  prompt: string,
  env: NodeJS.ProcessEnv,
  earlierPrompts: readonly string[],
): Step[] | undefined {
  const fromEnv = env['FAKE_CLAUDE_SCRIPT'];
  return (
    stepsOf(prompt) ??
    (prompt.trim() === CONTINUATION_PROMPT ? unfinished(earlierPrompts) : undefined) ??
    (fromEnv === undefined ? undefined : (JSON.parse(fromEnv) as Step[]))
  );
}

// Other steps do not know how far they had come: to play them again would not be to go on.
function unfinished(prompts: readonly string[]): Step[] | undefined {
  const last = prompts.map(stepsOf).findLast((steps) => steps !== undefined);
  return last?.some((step) => 'marks' in step) ? last : undefined;
}

/** A number that a step carries under this key, or the fallback. */
export function numberOf(step: Step, key: string, fallback: number): number {
  const value = step[key];
  return typeof value === 'number' ? value : fallback;
}
