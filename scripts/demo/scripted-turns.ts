// The answers of the scripted Messages API. Like a model, the API sees only the request, so it can
// name an earlier turn only if the request contains that turn.
import { type Reply, text, toolUse } from '../../test/support/messages-api/reply.ts';
import type { Block, MessagesRequest } from '../../test/support/messages-api/request.ts';

/**
 * Returns the reply to a request. If the prompt asks to write "TEXT" into a file, the reply is a
 * Bash call. Otherwise, the reply is a text about the history in the request.
 */
export function scriptedTurn(request: MessagesRequest): Reply {
  if (request.toolResults.length > 0) {
    return text(`Bash is done. The file holds: ${request.toolResults.join(' ').trim()}`);
  }
  const file = /write "(?<text>[^"]+)" into (?<name>[\w.-]+)/.exec(request.prompt)?.groups;
  if (file) {
    const command = `echo '${file['text']}' > ${file['name']} && cat ${file['name']}`;
    return toolUse('Bash', { command }, { say: `I will write ${file['name']}.` });
  }
  return text(remember(request));
}

function remember({ body, prompts }: MessagesRequest): string {
  const file = body.messages.flatMap(writtenFiles).at(-1);
  const earlier = prompts.slice(0, -1);
  if (file === undefined)
    return `This is a scripted answer, number ${earlier.length + 1} of this conversation.`;
  return `You have asked me ${earlier.length} time(s) before. I then wrote ${file} with Bash.`;
}

function writtenFiles({ content }: MessagesRequest['body']['messages'][number]): string[] {
  if (typeof content === 'string') return [];
  return content.flatMap((block) => /> (\S+)/.exec(bashCommand(block))?.[1] ?? []);
}

function bashCommand(block: Block): string {
  if (block.type !== 'tool_use' || block.name !== 'Bash') return '';
  const { command } = block.input as { command?: unknown };
  return typeof command === 'string' ? command : '';
}
