// The steps of a script. A step is an object. One of its keys names the action:
//   say, tool, line, raw, raw_file, base64, stderr, init, result, api_error, sub_agent
//   marks (a resumed session continues after the marks of its transcript)
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
  /** {say, times?, every_ms?, bytes?}: prints `times` assistant lines whose texts are padded to `bytes` bytes. */
  async say(stage, step) {
    const times = numberOf(step, 'times', 1);
    const everyMs = numberOf(step, 'every_ms', 0);
    const text = String(step['say']).padEnd(numberOf(step, 'bytes', 0), '.');
    const many = everyMs > 0 ? 1 : 64;
    for (let said = 0; said < times; said += many) {
      const now = Math.min(many, times - said);
      say(stage, times === 1 ? [text] : numbered(text, said, now));
      if (everyMs > 0) await pause(everyMs);
      else if (times > many) await new Promise(setImmediate); // lets Node handle a signal
    }
  },
  /** {marks: name, to, turn_ms?, with_tool?}: plays turns that leave numbered marks, see marks.ts. */
  marks: leaveMarks,
  /** {tool, input?, result?}: prints a tool call and its result. */
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
  /** {sub_agent: name, say?}: prints a line of a sub-agent and writes the sub-agent's transcript files. */
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
  /** {line: {...}}: prints any line, even of a type that Baton does not know. */
  line: (stage, step) => put(`${JSON.stringify(withSession(stage, step['line'] as Line))}\n`),
  /** {raw: text}: prints a text without a line end; {base64: text}: prints bytes that need not be text. */
  raw: (_stage, step) => put(String(step['raw'])),
  /** {raw_file: path}: prints the bytes of a file, for output that is too long for a prompt. */
  raw_file: (_stage, step) => put(readFileSync(String(step['raw_file']))),
  base64: (_stage, step) => put(Buffer.from(String(step['base64']), 'base64')),
  stderr: (_stage, step) => void process.stderr.write(String(step['stderr'])),
  /**
   * {init: {...}}: prints another init line; {init: false} as the first step: the run prints no
   * init line when it starts.
   */
  init(stage, step) {
    if (step['init'] === false) return;
    print(stage, [{ ...initLine(stage.who, stage.env), ...(step['init'] as Line) }]);
  },
  /**
   * {result: {...}, bytes?}: prints a result line with these fields, and pads its text to `bytes`
   * bytes; {result: false}: the process ends after the turn without a result line.
   */
  result(stage, step) {
    if (step['result'] === false) stage.endsAfterTurn = true;
    else printResult(stage, step['result'] as Line, numberOf(step, 'bytes', 0));
  },
  /** {api_error: status, type?}: ends the run with exit code 1, as after a failed API call. */
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
  /** {hang: true}: waits for a signal. */
  hang: () =>
    new Promise(() => {
      setInterval(() => undefined, 60_000); // keeps the process alive
    }),
  /** {wait_for: path}: waits until the file exists. */
  async wait_for(_stage, step) {
    while (!existsSync(String(step['wait_for']))) await pause(10);
  },
  /** {touch: path}: creates an empty file, so a test sees that this step was reached. */
  touch: (_stage, step) => writeFileSync(String(step['touch']), ''),
  /** {once: path, steps, else?}: creates the file and plays `steps`; if the file exists already, plays `else`. */
  async once(stage, step) {
    const marker = String(step['once']);
    const isFirst = !existsSync(marker);
    if (isFirst) writeFileSync(marker, '');
    await play(stage, ((isFirst ? step['steps'] : step['else']) ?? []) as Step[]);
  },
  /** {ignore: ["SIGTERM", "SIGINT"]}: ignores these signals from now on. */
  ignore(stage, step) {
    for (const signal of step['ignore'] as string[]) stage.ignored.add(signal);
  },
  /** {silent: true}: a SIGINT ends the run without a result line; {linger: ms}: signals take effect this much later. */
  silent(stage) {
    stage.isSilent = true;
  },
  linger(stage, step) {
    stage.lingerMs = numberOf(step, 'linger', 0);
  },
  /** {unsaved: true}, anywhere in the script: the run writes no transcript, not even the prompt. */
  unsaved: () => undefined,
  /** {exit: code}: exits at once; {exit_code: n}: sets the exit code of the normal end. */
  exit: (stage, step) => close(stage, numberOf(step, 'exit', 0)),
  exit_code(stage, step) {
    stage.exitCode = numberOf(step, 'exit_code', 0);
  },
  /** {kill: signal}: the process kills itself with this signal. */
  async kill(_stage, step) {
    const signal = String(step['kill']) as NodeJS.Signals;
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    await pause(60_000);
  },
  /** {spawn: shell command, pid_file?}: starts a child process in a new process session, like a tool's shell. */
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
  /** {dump: path}: writes argv, environment, prompt, working directory and pid as JSON, for assertions. */
  dump(stage, step) {
    const { argv, env, prompt, who, transcript } = stage;
    const facts = { argv, env, prompt, cwd: who.cwd, pid: process.pid };
    const before = {
      earlier_prompts: transcript.prompts.length,
      earlier_cost: transcript.earlierCost,
    };
    writeWhole(String(step['dump']), JSON.stringify({ ...facts, ...before }));
  },
  /** {cost: dollars}: sets the cost of this process. */
  cost(stage, step) {
    stage.cost = numberOf(step, 'cost', stage.cost);
  },
  /** {transcript: text}: appends a text to the transcript unchanged, such as an incomplete line. */
  transcript: (stage, step) => stage.transcript.appendRaw(String(step['transcript'])),
};

/** Plays the steps in order. If a step names no action, the process prints an error on stderr and exits with 64. */
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

// Writes a file in one step, so a reader that waits for it never sees a part of it.
function writeWhole(path: string, content: string): void {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}
