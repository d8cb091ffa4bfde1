// The test files of one worker share the modules and the globals (`isolate: false`), so leftovers
// of one file can change the result of another file. This setup file fails a test file that leaves
// something behind.
import { afterAll, beforeAll, vi } from 'vitest';

let before: NodeJS.ProcessEnv;

beforeAll(() => {
  before = { ...process.env };
});

afterAll(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  const changed = changedNames(before, process.env);
  for (const name of changed) restore(name, before[name]);
  const hadFakeTimers = vi.isFakeTimers();
  vi.useRealTimers();
  if (changed.length > 0)
    throw new Error(`the file changed ${changed.join(', ')} of process.env: use vi.stubEnv`);
  if (hadFakeTimers) throw new Error('the file left fake timers: call vi.useRealTimers at its end');
});

function changedNames(one: NodeJS.ProcessEnv, other: NodeJS.ProcessEnv): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => one[name] !== other[name]);
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
