import { basename } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../support/script-process.ts';
import { waitFor } from '../support/wait.ts';

describe('npm run demo', () => {
  test('continues with the same files on another worker when the first one is killed, pushes the work, and leaves nothing behind', async ({
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
    const { killed, file } = story;
    expect(story).toEqual({
      launch: expect.objectContaining({ status: 'completed', kind: 'launch', attempt: 2 }),
      continue: expect.objectContaining({
        status: 'completed',
        kind: 'continue',
        parent_session_id: story.launch.id,
        claude_session_id: story.launch.claude_session_id,
      }),
      events: story.launch.last_event_seq + story.continue.last_event_seq,
      killed: { worker_id: expect.any(String), path: expect.stringContaining('/host-') },
      file: { name: 'README.md', text: '# Relay\nIt has arrived.\n' },
      diff: expect.any(String),
      pushed: {
        branch: 'baton/demo',
        commit: story.launch.workspace.push.commit,
        files: {
          'README.md': '# Relay\nIt has arrived.',
          'route.txt': 'From the start,\nthe baton is on its way.',
        },
      },
    });
    expect(story.diff.match(/^[-+ ](?!(?:\+\+|--) ).*/gm)).toEqual([
      ' # Relay',
      '+It has arrived.',
      ' From the start,',
      '+the baton is on its way.',
    ]);
    expect(story.launch.worker_id).not.toBe(killed.worker_id);
    expect(story.launch.workspace).toMatchObject({
      type: 'managed',
      portable: true,
      base: { url: expect.stringMatching(/^https:.*\/relay\.git$/), ref: 'main' },
    });
    expect(story.launch.workspace.path).not.toBe(killed.path);
    expect(basename(story.launch.workspace.path)).toBe(basename(killed.path));
    expect(story.continue.workspace.path).toBe(story.launch.workspace.path);

    expect(story.launch.query).toContain(file.name);
    expect(story.continue.query).not.toContain(file.name);
    for (const text of Object.values(story.pushed.files))
      expect(story.continue.result.result).toContain(text);
    expect(demo.err()).toMatch(
      /the calls that were cut .*\n(?: {2}.*\n)* {2}Bash: .* && sleep 60\n/,
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
