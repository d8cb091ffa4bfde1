import { stringEnd } from '../claude/find-object.ts';
import type { Range } from './secret-finder.ts';

// The CLI and Baton find entries by the values of these keys, so these values are not masked.
const KEPT_KEY = /^(?:type|subtype|role|ids?|uuids?)$|_u?u?ids?$|[a-z](?:Id|ID|Uuid|UUID)s?$/;

// Tools and callers choose the content below these keys. There, a key such as "id" may hold a secret.
const FREE_KEY =
  /^(?:input|tool_input|updatedInput|arguments|structured_output|structuredContent|tool_use_result|toolUseResult)$/;

interface Frame {
  isObject: boolean;
  /** The key of the next value. The items of a list have the key of the list. */
  key: string;
  isFree: boolean;
}

/**
 * Yields the insides of the strings that are values in a JSON text, in order. It leaves out keys, types and
 * ids. It does not validate: in a text that is cut or not JSON, it finds whatever looks like a string.
 */
export function* valueStrings(json: string): Generator<Range> {
  const frames: Frame[] = [];
  let top: Frame = { isObject: false, key: '', isFree: false };
  let isKey = false;
  for (let at = 0; at < json.length; at += 1) {
    switch (json[at]) {
      case '{':
      case '[':
        frames.push(top);
        top = {
          isObject: json[at] === '{',
          key: top.key,
          isFree: top.isFree || FREE_KEY.test(top.key),
        };
        isKey = top.isObject;
        break;
      case '}':
      case ']':
        top = frames.pop() ?? top;
        isKey = false;
        break;
      case ',':
        isKey = top.isObject;
        break;
      case ':':
        isKey = false;
        break;
      case '"': {
        const end = stringEnd(json, at + 1);
        const inside = { from: at + 1, to: end < 0 ? json.length : end };
        if (isKey) top.key = json.slice(inside.from, inside.to);
        else if (top.isFree || !KEPT_KEY.test(top.key)) yield inside;
        at = inside.to;
        break;
      }
    }
  }
}
