import { promptUuidOf, type Result, type Session } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  beginAttempt,
  CONTINUATION_PROMPT,
  describeCutCalls,
  isRestart,
  transcriptSource,
} from '../../../../apps/worker/src/attempt/resume-or-restart.ts';
import { NOTHING_RESTORED } from '../../../../apps/worker/src/transcript/restore.ts';
import { untrackedFile } from '../../../../apps/worker/src/transcript/tracked-file.ts';
import { makeChild, makeCompletedSession, makeSession } from '../../../support/factories.ts';

const UNANSWERED = { answer: null };
const RESULT: Result = { type: 'result', subtype: 'success', is_error: false };

const parent = makeCompletedSession();
const child = makeChild(parent);

/** The session after an attempt that stored this file. */
function saved(session: Session, path = `${session.root_session_id}.jsonl`): Session {
  const file = { path, base: 0, length: 5, sha256: '', generation: 0 };
  return { ...session, transcript: { files: [file] } };
}

/** The session in its second attempt, after a first attempt that ended with this code. */
function again(session: Session, code: 'CRASHED' | 'OVERLOADED', on_crash: 'resume' | 'restart') {
  const at = new Date();
  const attempt = { fence: 1, worker_id: 'w', host: 'h', started_at: at };
  const failure = { code, message: '', retryable: false, attempt: 1, at };
  const attempts = [
    { ...attempt, attempt: 1, failure },
    { ...attempt, attempt: 2 },
  ];
  return { ...session, config: { ...session.config, recovery: { on_crash } }, attempts };
}

const SOURCES: [string, Session, 'own' | 'parent' | 'none'][] = [
  ['a launch starts without a transcript', makeSession(), 'none'],
  ['a continue starts from its parent’s transcript', child, 'parent'],
  ['a saved launch resumes its own transcript', saved(makeSession()), 'own'],
  ['a saved continue resumes its own transcript', saved(child), 'own'],
  [
    'a launch ignores a transcript without its main file',
    saved(makeSession(), 'subagents/agent-a.jsonl'),
    'none',
  ],
  [
    'a crashed session with on_crash resume resumes its own transcript',
    again(saved(makeSession()), 'CRASHED', 'resume'),
    'own',
  ],
  [
    'a crashed launch with on_crash restart starts without a transcript',
    again(saved(makeSession()), 'CRASHED', 'restart'),
    'none',
  ],
  [
    'a crashed continue with on_crash restart starts from its parent’s transcript',
    again(saved(child), 'CRASHED', 'restart'),
    'parent',
  ],
];

describe('at the start of an attempt,', () => {
  test.each(SOURCES)('%s', (_name, session, source) => {
    expect(transcriptSource(session)).toBe(source);
  });

  test('only a crash leads to a restart', () => {
    expect(isRestart(again(makeSession(), 'CRASHED', 'restart'))).toBe(true);
    expect(isRestart(again(makeSession(), 'OVERLOADED', 'restart'))).toBe(false);
    expect(isRestart(again(makeSession(), 'CRASHED', 'resume'))).toBe(false);
  });

  test.for<[string, boolean, { resume: boolean; text: string }]>([
    ['nothing', false, { resume: false, text: 'hi' }],
    ['a transcript', false, { resume: true, text: 'hi' }],
    ['a transcript', true, { resume: true, text: CONTINUATION_PROMPT }],
  ])(
    'the right prompt is sent if the worker restored %s (with the session’s prompt: %s)',
    ([what, holdsPrompt, { resume, text }]) => {
      const files = what === 'nothing' ? [] : [untrackedFile('some.jsonl')];
      const restored = { ...NOTHING_RESTORED, files, holdsPrompt };
      const beginning = beginAttempt(makeSession({ query: 'hi' }), restored, UNANSWERED);
      expect(beginning).toMatchObject({ resume, prompt: { text } });
    },
  );

  test('the prompt has the same uuid in every attempt of the session', () => {
    const session = makeSession();
    const own = promptUuidOf(session.id);
    const uuidOf = (one: Session) => beginAttempt(one, NOTHING_RESTORED, UNANSWERED).prompt.uuid;
    expect(uuidOf(session)).toBe(own);
    expect(uuidOf(session)).toBe(own);
    expect(uuidOf(makeSession())).not.toBe(own);
  });

  test('a prompt that is sent again although the transcript has its uuid gets another uuid', () => {
    const session = makeSession({ query: '/context' });
    const own = promptUuidOf(session.id);
    const files = [untrackedFile('some.jsonl')];
    const restored = { ...NOTHING_RESTORED, files, holdsPrompt: true, ranCommand: true };
    const { prompt } = beginAttempt(session, { ...restored, uuids: new Set([own]) }, UNANSWERED);
    expect(prompt.text).toBe('/context');
    expect(prompt.uuid).not.toBe(own);
  });

  const messageOf = (block: object) =>
    JSON.stringify({ type: 'assistant', message: { content: [block] } });
  const said = messageOf({ type: 'text', text: 'done' });
  const called = messageOf({ type: 'tool_use', id: 't', name: 'Bash', input: {} });

  test.for<[string, string | undefined, { answer: Result | null }, boolean]>([
    ['of a session with an answer', called, { answer: RESULT }, true],
    ['that ends with a text', said, UNANSWERED, true],
    ['that ends with a tool call', called, UNANSWERED, false],
    ['without a message', undefined, UNANSWERED, false],
  ])('the last turn of a transcript %s is over or not', ([, last, history, isTurnOver]) => {
    const files = [untrackedFile('some.jsonl')];
    const messages = last === undefined ? [] : [last];
    const restored = { ...NOTHING_RESTORED, files, messages };
    const begin = (holdsPrompt: boolean) =>
      beginAttempt(makeSession(), { ...restored, holdsPrompt }, history).isTurnOver;
    expect(begin(true)).toBe(isTurnOver);
    expect(begin(false)).toBe(false);
  });

  test('a slash command that already has its answer is not sent again', () => {
    const files = [untrackedFile('some.jsonl')];
    const restored = { ...NOTHING_RESTORED, files, holdsPrompt: true, ranCommand: true };
    const { prompt } = beginAttempt(makeSession({ query: '/context' }), restored, {
      answer: RESULT,
    });
    expect(prompt.text).toBe(CONTINUATION_PROMPT);
  });

  describe('the calls that were cut and the notes', () => {
    const CALLS = ['Bash: make', 'Edit: /a'];
    const NOTES = ['The workspace has another path now.'];
    const TEXT = `The worker that ran this session was lost. The files may lack what these calls changed, and the calls may have had effects elsewhere:\n- Bash: make\n- Edit: /a\n\n${NOTES[0]}`;
    const files = [untrackedFile('some.jsonl')];
    const cut = { ...NOTHING_RESTORED, files, cutCalls: CALLS };
    const facts = { answer: null, notes: NOTES };

    test('are part of the continuation prompt', () => {
      expect(beginAttempt(makeSession(), { ...cut, holdsPrompt: true }, facts)).toMatchObject({
        prompt: { text: `${CONTINUATION_PROMPT}\n\n${TEXT}` },
        systemNotes: null,
      });
    });

    test.for<[string, object]>([
      ['the transcript does not hold the session’s prompt', {}],
      ['nothing was restored', { files: [] }],
      ['the CLI ran the prompt itself', { holdsPrompt: true, ranCommand: true }],
    ])('are left to the system prompt if %s', ([, restored]) => {
      const session = makeSession({ query: 'hi' });
      expect(beginAttempt(session, { ...cut, ...restored }, facts)).toMatchObject({
        prompt: { text: 'hi' },
        systemNotes: TEXT,
      });
    });

    test('are left to the system prompt if messages may take the place of the prompt', () => {
      const restored = { ...cut, holdsPrompt: true, messages: [said] };
      expect(beginAttempt(makeSession(), restored, facts)).toMatchObject({
        prompt: { text: CONTINUATION_PROMPT },
        isTurnOver: true,
        systemNotes: TEXT,
      });
    });

    test('are nothing if there are none', () => {
      expect(describeCutCalls([])).toBeNull();
      const restored = { ...NOTHING_RESTORED, files, holdsPrompt: true };
      expect(beginAttempt(makeSession(), restored, { answer: null, notes: [] })).toMatchObject({
        prompt: { text: CONTINUATION_PROMPT },
        systemNotes: null,
      });
    });
  });
});
