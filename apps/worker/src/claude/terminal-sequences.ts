// Skips and removes control sequences. They are commands to a terminal, and belong neither to text
// nor to JSON.

// Sequences of ECMA-48: titles and other strings, cursor and screen, single escapes.
const SEQUENCE = String.raw`\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[PX^_][^\u001b]*\u001b\\|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]`;

// A byte order mark, decoded or as three Latin-1 characters.
const MARK = String.raw`\ufeff|\u00ef\u00bb\u00bf`;

const LEADING = new RegExp(String.raw`${SEQUENCE}|${MARK}|[\u0000-\u0020\u007f-\u009f]|\s`, 'y');
const UNREADABLE = new RegExp(
  String.raw`${SEQUENCE}|${MARK}|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]`,
  'g',
);

/** Returns the index after the control sequences, control characters and white space at `from`. */
export function skipControls(text: string, from = 0): number {
  let at = from;
  for (;;) {
    LEADING.lastIndex = at;
    if (!LEADING.test(text)) return at;
    at = LEADING.lastIndex;
  }
}

/** Returns the text without control sequences and control characters. Line breaks and tabs stay. */
export function stripControls(text: string): string {
  return text.replace(UNREADABLE, '');
}
