// Notices in the output of a run that a tool may have changed files.
import { asList, asObject, asString } from '../claude/fields.ts';
import type { ClaudeLine } from '../claude/line.ts';
import { mayChangeFiles } from '../transcript/file-changing-calls.ts';

/** Follows the tool calls of one run. */
export interface ChangeWatch {
  /** Takes the next line. Returns whether it holds the result of a call that may have changed files. */
  observe(line: ClaudeLine): boolean;
}

/** Creates the watch of a run that has printed nothing yet. A result of an unknown call counts as a change. */
export function createChangeWatch(): ChangeWatch {
  // The calls whose results are still to come, and that change no file.
  const harmless = new Set<string>();

  return {
    observe(line) {
      if (line.kind !== 'event') return false;
      const isCall = line.type === 'assistant';
      if (!isCall && line.type !== 'user') return false;
      let isChanged = false;
      for (const item of asList(asObject(line.body['message'])?.['content'])) {
        const block = asObject(item) ?? {};
        const type = block['type'];
        if (isCall && type === 'tool_use' && !mayChangeFiles(asString(block['name']) ?? '')) {
          harmless.add(asString(block['id']) ?? '');
        }
        if (!isCall && type === 'tool_result') {
          isChanged ||= !harmless.delete(asString(block['tool_use_id']) ?? '');
        }
      }
      return isChanged;
    },
  };
}
