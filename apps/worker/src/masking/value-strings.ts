import { stringEnd } from '../claude/find-object.ts';
import type { Range } from './secret-finder.ts';

// By these the CLI and Baton find entries again.
const KEPT_KEY = /^(?:type|subtype|role|ids?|uuids?)$|_u?u?ids?$|[a-z](?:Id|ID|Uuid|UUID)s?$/;

// Below these keys stands what tools and callers made up: there "id" may name anything.
const FREE_KEY =
  /^(?:input|tool_input|updatedInput|arguments|structured_output|structuredContent|tool_use_result|toolUseResult)$/;

interface Frame {
  isObject: boolean;
  /** The key under which the next value stands; that of a list's items is the list's own. */
  key: string;
  isFree: boolean;
}

/**
 * The insides of the strings that are values in a text of JSON, in order: no keys, and neither types nor
 * ids. It does not judge: of a text that is cut or no JSON it finds what looks like strings.
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
