// The steps of a script. A step is an object; the key that is an action here says what it does.
//   say, tool, line, raw, raw_file, base64, stderr, init, result, api_error, sub_agent
//   marks (a resume goes on from those its transcript holds)
//   sleep, hang, wait_for, touch, once, ignore, silent, linger, unsaved, exit, exit_code, kill, spawn, dump, cost, transcript
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { assistantLine, initLine, type Line, userLine } from './lines.ts';
import { leaveMarks } from './marks.ts';
import { numberOf, type Step } from './script.ts';
import { close, print, printResult, put, type Stage, say } from './stage.ts';

type Action = (stage: Stage, step: Step) => void | Promise<void>;

const ACTIONS: Record<string, Action> = {
  /** {say, times?, every_ms?, bytes?}: so many assistant lines, padded to so many bytes of text. */
  async say(stage, step) {
    const times = numberOf(step, 'times', 1);
    const everyMs = numberOf(step, 'every_ms', 0);
    const text = String(step['say']).padEnd(numberOf(step, 'bytes', 0), '.');
    const many = everyMs > 0 ? 1 : 64;
    for (let said = 0; said < times; said += many) {
      const now = Math.min(many, times - said);
      say(stage, times === 1 ? [text] : numbered(text, said, now));
      if (everyMs > 0) await pause(everyMs);
      else if (times > many) await new Promise(setImmediate); // lets a signal in
    }
  },
  /** {marks: name, to, turn_ms?}: turns that leave numbered marks, see marks.ts. */
  marks: leaveMarks,
  /** {tool, input?, result?}: a tool call and its result. */
  tool(stage, step) {
    const id = `toolu_fake_${stage.turns}`;
    const { tool: name, input = {} } = step;
    stage.turns += 1;
    print(stage, [
      assistantLine(stage.who, [{ type: 'tool_use', id, name, input }], null),
      userLine(stage.who, [
        { type: 'tool_result', tool_use_id: id, content: step['result'] ?? 'ok', is_error: false },
      ]),
    ]);
  },
  /** {sub_agent: name, say?}: a sub-agent's line in the stream and its own transcript files. */
  sub_agent(stage, step) {
    const name = `agent-${String(step['sub_agent'])}`;
    const line = assistantLine(
      stage.who,
      [{ type: 'text', text: String(step['say'] ?? 'sub-agent says 42') }],
      'toolu_fake_agent',
    );
    put(`${JSON.stringify(line)}\n`);
    stage.transcript.appendBeside(`subagents/${name}.jsonl`, [{ ...line, isSidechain: true }]);
    stage.transcript.appendBeside(`subagents/${name}.meta.json`, [
      { agentType: 'general-purpose' },
    ]);
  },
  /** {line: {...}}: any line, known to Baton or not. */
  line: (stage, step) => put(`${JSON.stringify(withSession(stage, step['line'] as Line))}\n`),
  /** {raw: text}: bytes as they are, no line end added; {base64} for those that are no text. */
  raw: (_stage, step) => put(String(step['raw'])),
  /** {raw_file: path}: the bytes of a file, for what is too long for a prompt. */
  raw_file: (_stage, step) => put(readFileSync(String(step['raw_file']))),
  base64: (_stage, step) => put(Buffer.from(String(step['base64']), 'base64')),
  stderr: (_stage, step) => void process.stderr.write(String(step['stderr'])),
  /** {init: {...}}: another init line; {init: false} as the first step leaves the first one out. */
  init(stage, step) {
    if (step['init'] === false) return;
    print(stage, [{ ...initLine(stage.who, stage.env), ...(step['init'] as Line) }]);
  },
  /** {result: {...}, bytes?}: a result line, these fields replaced, its text padded to so many bytes; {result: false}: none at the end. */
  result(stage, step) {
    if (step['result'] === false) stage.hasResult = true;
    else printResult(stage, step['result'] as Line, numberOf(step, 'bytes', 0));
  },
  /** {api_error: status, type?}: the ending that a failed API call makes, exit 1 included. */
  api_error(stage, step) {
    const status = step['api_error'];
    const text = `API Error: ${status} scripted failure`;
    const failed = { api_error_status: status, api_error_type: step['type'] ?? 'api_error' };
    const line = assistantLine(stage.who, [{ type: 'text', text }], null);
    print(stage, [{ ...line, error: 'server_error', is_api_error_message: true, ...failed }]);
    const ending = { is_error: true, terminal_reason: 'api_error', result: text, ...failed };
    printResult(stage, { stop_reason: 'stop_sequence', ...ending });
    close(stage, 1);
  },
  sleep: async (_stage, step) => void (await pause(numberOf(step, 'sleep', 0))),
  /** {hang: true}: nothing more, until a signal. */
  hang: () =>
    new Promise(() => {
      setInterval(() => undefined, 60_000); // keeps the process alive
    }),
  /** {wait_for: path}: goes on once the file is there. */
  async wait_for(_stage, step) {
    while (!existsSync(String(step['wait_for']))) await pause(10);
  },
  /** {touch: path}: tells a test that this step was reached. */
  touch: (_stage, step) => writeFileSync(String(step['touch']), ''),
  /** {once: path, steps, else?}: these steps the first time that path is seen, the others later. */
  async once(stage, step) {
    const marker = String(step['once']);
    const isFirst = !existsSync(marker);
    if (isFirst) writeFileSync(marker, '');
    await play(stage, ((isFirst ? step['steps'] : step['else']) ?? []) as Step[]);
  },
  /** {ignore: ["SIGTERM", "SIGINT"]}: these signals do nothing from here on. */
  ignore(stage, step) {
    for (const signal of step['ignore'] as string[]) stage.ignored.add(signal);
  },
  /** {silent: true}: a SIGINT ends it without a result line; {linger: ms}: signals take that long. */
  silent(stage) {
    stage.isSilent = true;
  },
  linger(stage, step) {
    stage.lingerMs = numberOf(step, 'linger', 0);
  },
  /** {unsaved: true}, anywhere: no transcript is written, not even the prompt. */
  unsaved: () => undefined,
  /** {exit: code}: the end at once; {exit_code: n} is kept for the normal end. */
  exit: (stage, step) => close(stage, numberOf(step, 'exit', 0)),
  exit_code(stage, step) {
    stage.exitCode = numberOf(step, 'exit_code', 0);
  },
  /** {kill: signal}: ends itself by that signal. */
  async kill(_stage, step) {
    const signal = String(step['kill']) as NodeJS.Signals;
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    await pause(60_000);
  },
  /** {spawn: shell command, pid_file?}: a descendant in a session of its own, like a tool's shell. */
  spawn(stage, step) {
    const command = String(step['spawn']);
    const child = spawn('/bin/sh', ['-c', command], {
      detached: true,
      stdio: 'ignore',
      env: stage.env,
    });
    child.unref();
    if (step['pid_file'] !== undefined) writeWhole(String(step['pid_file']), String(child.pid));
  },
  /** {dump: path}: argv, environment, prompt and place as JSON, for assertions. */
  dump(stage, step) {
    const { argv, env, prompt, who, transcript } = stage;
    const facts = { argv, env, prompt, cwd: who.cwd, pid: process.pid };
    const before = {
      earlier_prompts: transcript.prompts.length,
      earlier_cost: transcript.earlierCost,
    };
    writeWhole(String(step['dump']), JSON.stringify({ ...facts, ...before }));
  },
  /** {cost: dollars}: what this process costs. */
  cost(stage, step) {
    stage.cost = numberOf(step, 'cost', stage.cost);
  },
  /** {transcript: text}: bytes appended to the transcript as they are, such as a torn line. */
  transcript: (stage, step) => stage.transcript.appendRaw(String(step['transcript'])),
};

/** Plays the steps in order; a step that names no action is refused on stderr with exit 64. */
export async function play(stage: Stage, steps: Step[]): Promise<void> {
  for (const step of steps) {
    const name = Object.keys(step).find((key) => Object.hasOwn(ACTIONS, key));
    const action = name === undefined ? undefined : ACTIONS[name];
    if (action === undefined) {
      process.stderr.write(`fake claude: no action in ${JSON.stringify(step)}\n`);
      process.exit(64);
    }
    await action(stage, step);
  }
}

function numbered(text: string, from: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${text} ${from + index + 1}`);
}

function withSession(stage: Stage, line: Line): Line {
  return { session_id: stage.who.sessionId, ...line };
}

// A reader that waits for the file never sees half of it.
function writeWhole(path: string, content: string): void {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}
