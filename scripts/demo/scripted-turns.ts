// The answers of the scripted Messages API. Like a model, the API sees only the request, so it can
// name an earlier turn only if the request contains that turn.
import { setTimeout as delay } from 'node:timers/promises';
import { type Reply, text, toolUse } from '../../test/support/messages-api/reply.ts';
import type { Block, MessagesRequest } from '../../test/support/messages-api/request.ts';

type Message = MessagesRequest['body']['messages'][number];

// How long the scripted model thinks before its second call, in milliseconds. Baton captures the
// files half a second after the first call, so the capture does not cover the second call.
const THINK_MS = 3_000;

const WRITE = /write "(?<line>[^"]+)" into (?<file>[\w.-]*\w)/;
const APPEND = /append "(?<line>[^"]+)" and wait with `(?<wait>[^`]+)`/;
const READ = /read the file/i;
const RESUMED = /^Continue from where you left off\./;

/**
 * Returns the reply to a request. If the last prompt asks for a file, the reply is the next of its
 * Bash calls: to write a line, to append a second line and wait, or to read the file. A turn that
 * was cut continues with the second line. If there is no call left, the reply is a text.
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
  const task = prompts.findLast((one) => WRITE.test(one)) ?? '';
  const first = WRITE.exec(task)?.groups;
  const second = APPEND.exec(task)?.groups;
  if (RESUMED.test(prompt) && first && second) {
    const add = `echo '${second['line']}' >> ${first['file']}`;
    const command = `grep -q '${second['line']}' ${first['file']} || ${add}; cat ${first['file']}`;
    return [bash(command, 'I look at the file and add what is missing.')];
  }
  if (prompt === task && first) {
    const { line, file } = first;
    const write = bash(`echo '${line}' > ${file} && cat ${file}`, `I will write ${file}.`);
    if (!second) return [write];
    const append = `echo '${second['line']}' >> ${file} && ${second['wait']}`;
    return [write, bash(append, 'Now the second line.', THINK_MS)];
  }
  const file = body.messages.flatMap(writtenFiles).at(-1);
  if (READ.test(prompt) && file) return [bash(`cat ${file}`, `I read ${file}.`)];
  return [];
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
  return bashCommands(message).flatMap((command) => /> ([\w.-]+)/.exec(command)?.[1] ?? []);
}

function bashCommands({ content }: Message): string[] {
  return typeof content === 'string' ? [] : content.flatMap(bashCommand);
}

function bashCommand(block: Block): string[] {
  if (block.type !== 'tool_use' || block.name !== 'Bash') return [];
  const { command } = block.input as { command?: unknown };
  return typeof command === 'string' ? [command] : [];
}
