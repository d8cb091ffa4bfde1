import { asString } from './fields.ts';
import { type ClaudeLine, initOf } from './line.ts';

/**
 * Creates a function that marks result lines of other conversations as foreign. These are results
 * of a sub-agent (`parent_tool_use_id`), and results whose `session_id` is neither `claudeSessionId`
 * nor an id that an init line named. A foreign result is recorded as an event, but does not decide
 * how the session ends. Before the first init line every id is accepted, because a CLI that cannot
 * start reports the failure under a new id.
 */
export function createForeignResultMarker(
  claudeSessionId: string,
): (line: ClaudeLine) => ClaudeLine {
  const own = new Set([claudeSessionId]);
  let sawInit = false;
  return (line) => {
    if (line.kind !== 'event') return line;
    const isOfSubAgent = asString(line.body['parent_tool_use_id']) !== undefined;
    const id = asString(line.body['session_id']);
    if (!isOfSubAgent && initOf(line) !== null) {
      sawInit = true;
      if (id !== undefined) own.add(id);
    }
    if (line.type !== 'result') return line;
    const isUnknown = sawInit && id !== undefined && !own.has(id);
    return isOfSubAgent || isUnknown ? { ...line, isForeign: true } : line;
  };
}
