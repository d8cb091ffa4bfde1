// Skips control sequences and control characters inside a secret. A terminal does not show them,
// and a program that strips them gets the whole secret. Texts are bytes (latin1), as in
// secret-match.ts. This file skips the same sequences and characters that stripControls removes,
// whether they are raw or escaped as in JSON, once or several times.

// The length of the longest title, link or other string whose end is searched for, in characters.
const STRING_MAX = 4096;

const RAW_ESC = String.raw`\u001b`;
const ESCAPED_ESC = String.raw`\\+u001[bB]`;

/** How a text writes the parts of a control sequence. */
interface Notation {
  esc: string;
  bel: string;
  backslash: string;
  /** One character of a string in a sequence: any character except ESC and BEL. */
  inside: string;
}

const RAW: Notation = {
  esc: RAW_ESC,
  bel: String.raw`\u0007`,
  backslash: String.raw`\\`,
  inside: String.raw`[^\u0007\u001b]`,
};

const ESCAPED: Notation = {
  esc: ESCAPED_ESC,
  bel: String.raw`\\+u0007`,
  backslash: String.raw`\\+`,
  inside: String.raw`(?:[^\\]|\\+(?!\\|u00(?:07|1[bB])))`,
};

// A single control character: C0 except tab and line ends, DEL, C1, and the byte order mark in UTF-8.
const RAW_CHARACTER = String.raw`[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f]|\u00c2[\u0080-\u009f]|\u00ef\u00bb\u00bf`;
const ESCAPED_CHARACTER = String.raw`\\+(?:u00(?:0[0-8bBcCeEfF]|1[0-9a-fA-F]|7[fF]|[89][0-9a-fA-F])|u[fF][eE][fF][fF])`;
const SHORT_ESCAPE = String.raw`\\+[bf]`;

const CSI_TAIL = '[0-?]{0,256}[ -/]{0,256}[@-~]';

function sequences({ esc, bel, backslash, inside }: Notation): string[] {
  return [
    `${esc}\\]${inside}{0,${STRING_MAX}}(?:${bel}|${esc}${backslash})`,
    `${esc}[PX^_]${inside}{0,${STRING_MAX}}${esc}${backslash}`,
    `${esc}\\[${CSI_TAIL}`,
    `${esc}[ -/]{0,256}[0-~]`,
  ];
}

const UNMISTAKABLE = [
  ...sequences(RAW),
  ...sequences(ESCAPED),
  String.raw`(?:\u00c2\u009b|\\+u009[bB])${CSI_TAIL}`,
  RAW_CHARACTER,
  ESCAPED_CHARACTER,
];
const CONTROL = new RegExp([...UNMISTAKABLE, SHORT_ESCAPE].join('|'), 'y');
const UNMISTAKABLE_CONTROL = new RegExp(UNMISTAKABLE.join('|'), 'y');

function beginnings({ esc, inside }: Notation): string[] {
  return [
    `${esc}(?:[\\]PX^_]${inside}{0,${STRING_MAX}}(?:${esc})?)?`,
    `${esc}\\[[0-?]{0,256}[ -/]{0,256}`,
    `${esc}[ -/]{0,256}`,
  ];
}

const BEGUN = new RegExp(
  `(?:${[
    ...beginnings(RAW),
    ...beginnings(ESCAPED),
    String.raw`(?:\u00c2\u009b|\\+u009[bB])[0-?]{0,256}[ -/]{0,256}`,
    String.raw`\u00c2|\u00ef\u00bb?`,
    String.raw`\\+(?:u(?:0(?:0[01789]?)?|[fF](?:[eE][fF]?)?)?)?`,
  ].join('|')})$`,
  'y',
);

// Matches the first character of a control sequence: a backslash, or a character that is not printable ASCII.
const FIRST = /^[^\t\n\r -[\]-~]/;

const ESCAPED_ANY = String.raw`\\[bf]|\\u00[01789]|\\u[fF][eE]`;
const ANY_IN_TEXT = new RegExp(
  String.raw`[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff]|${ESCAPED_ANY}`,
);
const ANY_IN_BYTES = new RegExp(String.raw`\u001b|${RAW_CHARACTER}|${ESCAPED_ANY}`);

/** The maximum number of bytes that `mayHoldControlBytes` looks at to find a control character. */
export const CONTROL_SIGN_BYTES = 5;

/** Returns whether a text may hold control sequences or control characters, raw or escaped as in JSON. */
export function mayHoldControls(text: string): boolean {
  return ANY_IN_TEXT.test(text);
}

/** The same check for a text of bytes (latin1). */
export function mayHoldControlBytes(bytes: string): boolean {
  return ANY_IN_BYTES.test(bytes);
}

/**
 * Returns the index after the control sequences and control characters that begin at `from`.
 * Returns `from` if there are none, and `open` if the text ends within a sequence. With
 * `mayBeBackslash`, `\b` and `\f` count as text, because the backslash may belong to the secret.
 */
export function skipControlBytes(
  bytes: string,
  from: number,
  { mayBeBackslash = false }: { mayBeBackslash?: boolean } = {},
): number | 'open' {
  const control = mayBeBackslash ? UNMISTAKABLE_CONTROL : CONTROL;
  let at = from;
  while (FIRST.test(bytes.charAt(at))) {
    if (bytes.length - at <= 2 * STRING_MAX && matches(BEGUN, bytes, at)) return 'open';
    if (!matches(control, bytes, at)) break;
    at = control.lastIndex;
  }
  return at;
}

function matches(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}
