import { describe, expect } from 'vitest';
import { test } from '../support/script-process.ts';
import { waitFor } from '../support/wait.ts';

describe('npm run demo', () => {
  test('continues a session on another worker, and leaves nothing behind', async ({
    scriptFolder,
  }) => {
    const demo = scriptFolder.run('demo.ts', ['--json'], {
      REDIS_URL: '',
      ANTHROPIC_API_KEY: 'not used',
    });
    expect(await demo.ended, demo.err()).toBe(0);

    const lines = demo.out().trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    const story = JSON.parse(lines[0] ?? '');
    expect(story).toEqual({
      launch: expect.objectContaining({ status: 'completed', kind: 'launch' }),
      continue: expect.objectContaining({
        status: 'completed',
        kind: 'continue',
        parent_session_id: story.launch.id,
        claude_session_id: story.launch.claude_session_id,
      }),
      events: story.launch.last_event_seq + story.continue.last_event_seq,
    });
    expect(story.continue.worker_id).not.toBe(story.launch.worker_id);
    const file = /baton-\w+\.txt/.exec(story.launch.query)?.[0];
    expect(story.continue.query).not.toContain(file);
    expect(story.continue.result.result).toContain(
      `asked me 1 time(s) before. I then wrote ${file}`,
    );
    expect(demo.err()).toContain('a scripted Messages API');

    expect(await scriptFolder.processes()).toEqual([]);
    expect(await scriptFolder.temporary()).toEqual([]);
  });

  test('leaves nothing behind after Ctrl-C', async ({ scriptFolder }) => {
    const demo = scriptFolder.run('demo.ts', []);
    await waitFor('the first session', () => demo.out().includes('launched session'), 60_000);
    expect(await demo.end('SIGINT')).toBe(130);
    expect(await scriptFolder.processes()).toEqual([]);
    expect(await scriptFolder.temporary()).toEqual([]);
  });

  test('asks for a key if it must use the real API', async ({ scriptFolder }) => {
    const demo = scriptFolder.run('demo.ts', ['--live']);
    expect(await demo.ended).toBe(1);
    expect(demo.err()).toContain('set ANTHROPIC_API_KEY');
  });
});
