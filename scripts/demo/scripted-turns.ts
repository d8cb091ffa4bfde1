// The answers of the scripted Messages API. Like a model, the API sees only the request, so it can
// name an earlier turn only if the request contains that turn.
import { setTimeout as delay } from 'node:timers/promises';
import { type Reply, text, toolUse } from '../../test/support/messages-api/reply.ts';
import type { Block, MessagesRequest } from '../../test/support/messages-api/request.ts';

type Message = MessagesRequest['body']['messages'][number];

// How long the scripted model thinks before its second call, in milliseconds. Baton captures the
// files half a second after the first call, so the capture does not cover the second call.
const THINK_MS = 3_000;

const EDITS = /(?:write|append) "(?<line>[^"]+)" (?<how>into|to) (?<file>[\w.-]*\w)/g;
const WAIT = /and wait with `(?<wait>[^`]+)`/;
const READ = /read the file(?<all>s)?/i;
const RESUMED = /^Continue from where you left off\./;

/** An edit that a prompt asks for: a line that is written `into` a new file, or appended `to` a file. */
type Edit = { line: string; how: 'into' | 'to'; file: string };

/**
 * Returns the reply to a request. If the last prompt asks for edits of files, the reply is the next of its Bash calls:
 * one for each edit, of which the last one may wait. After a prompt to read, it is a call that reads the edited files.
 * A turn that was cut continues with one call that makes the edits that are missing. If there is no call left, the reply
 * is a text.
 */
export function scriptedTurn(request: MessagesRequest): Reply {
  const calls = callsFor(request);
  const call = calls[callsSincePrompt(request)];
  if (call) return call;
  if (calls.length > 0 && request.toolResults.length > 0) {
    return text(`Bash is done. The file holds: ${request.toolResults.join(' ').trim()}`);
  }
  return text(remember(request));
}

/** Returns the calls that the last prompt asks for, first to last. */
function callsFor({ prompt, prompts, body }: MessagesRequest): Reply[] {
  const task = prompts.findLast((one) => editsIn(one).length > 0) ?? '';
  const edits = editsIn(task);
  if (RESUMED.test(prompt) && edits.length > 0) {
    const missing = edits.map(
      ({ line, file }) => `grep -q '${line}' ${file} || ${add(line, file)}`,
    );
    const command = `${missing.join('; ')}; cat ${filesOf(edits)}`;
    return [bash(command, 'I look at the files and add what is missing.')];
  }
  if (prompt === task) {
    const wait = WAIT.exec(task)?.groups?.['wait'];
    return edits.map(({ line, how, file }, index) => {
      const then = (index === edits.length - 1 && wait) || `cat ${file}`;
      const edit = how === 'to' ? add(line, file) : `echo '${line}' > ${file}`;
      const say = index === 0 ? `I will write ${file}.` : `Now ${file}.`;
      return bash(`${edit} && ${then}`, say, index === 0 ? 0 : THINK_MS);
    });
  }
  const asked = READ.exec(prompt);
  const files = [...new Set(body.messages.flatMap(writtenFiles))];
  const read = asked?.groups?.['all'] === undefined ? files.slice(-1) : files;
  return asked && read.length > 0
    ? [bash(`cat ${read.join(' ')}`, `I read ${read.join(', ')}.`)]
    : [];
}

function editsIn(prompt: string): Edit[] {
  return [...prompt.matchAll(EDITS)].map(({ groups }) => groups as Edit);
}

function filesOf(edits: readonly Edit[]): string {
  return [...new Set(edits.map(({ file }) => file))].join(' ');
}

function add(line: string, file: string): string {
  return `echo '${line}' >> ${file}`;
}

function bash(command: string, say: string, afterMs = 0): Reply {
  const pace = (piece: number) => (piece === 0 ? delay(afterMs) : Promise.resolve());
  return toolUse('Bash', { command }, { say, pace });
}

/** Returns how many Bash calls the history holds after the last prompt. */
function callsSincePrompt({ body: { messages }, prompt }: MessagesRequest): number {
  const from = messages.findLastIndex((message) => isPrompt(message, prompt));
  return messages.slice(from + 1).flatMap(bashCommands).length;
}

function isPrompt({ role, content }: Message, prompt: string): boolean {
  if (role !== 'user') return false;
  if (typeof content === 'string') return content.trim() === prompt;
  return content.some((block) => block.type === 'text' && block.text.trim() === prompt);
}

function remember({ body, prompts }: MessagesRequest): string {
  const file = body.messages.flatMap(writtenFiles).at(-1);
  const earlier = prompts.slice(0, -1);
  if (file === undefined)
    return `This is a scripted answer, number ${earlier.length + 1} of this conversation.`;
  return `You have asked me ${earlier.length} time(s) before. I then wrote ${file} with Bash.`;
}

function writtenFiles(message: Message): string[] {
  return bashCommands(message).flatMap((command) =>
    [...command.matchAll(/> ([\w.-]+)/g)].flatMap(([, file]) => file ?? []),
  );
}

function bashCommands({ content }: Message): string[] {
  return typeof content === 'string' ? [] : content.flatMap(bashCommand);
}

function bashCommand(block: Block): string[] {
  if (block.type !== 'tool_use' || block.name !== 'Bash') return [];
  const { command } = block.input as { command?: unknown };
  return typeof command === 'string' ? [command] : [];
}
