import { expect, test } from 'vitest';
import { trackClaudeSessionId } from '../../../../apps/worker/src/claude/claude-session-id.ts';
import { parseLine } from '../../../../apps/worker/src/claude/line.ts';

const OLD = '01890a5d-ac96-774b-bcce-b302099a8057';
const NEW = '10ce755b-6e1c-439a-be00-c30e4d9fa79e';
const OTHER = '66d94571-1c05-494a-b1bb-982237931b3c';

const reset = { type: 'conversation_reset', new_conversation_id: OTHER, session_id: OLD };
const init = (session_id: unknown) => ({ type: 'system', subtype: 'init', session_id });

test.each<[string, object[], string]>([
  ['nothing', [], OLD],
  ['an init line alone', [init(NEW)], OLD],
  ['a reset alone', [reset], OLD],
  ['a reset and an init line', [reset, init(NEW)], NEW],
  ['a second init line of another id', [reset, init(NEW), init(OTHER)], NEW],
  ['a second reset', [reset, init(NEW), reset, init(OTHER)], OTHER],
  ['a reset with invalid ids', [reset, init('../escape'), init(7), init(undefined)], OLD],
  ['an invalid id and then a valid one', [reset, init('x'), init(NEW)], NEW],
])('after %s the conversation has the right id', (_, lines, id) => {
  const claudeSession = trackClaudeSessionId(OLD);
  for (const line of lines) claudeSession.observe(parseLine(JSON.stringify(line)));
  expect(claudeSession.id()).toBe(id);
});
