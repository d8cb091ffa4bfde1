import type { FramedLine } from '../claude/framer.ts';
import type { Masker } from './masker.ts';

/** A line of stdout without secrets, in its text and in the outline of a long one. */
export function maskFramed(line: FramedLine, masker: Masker): FramedLine {
  const text = masker.line(line.text);
  if (!line.outline) return text === line.text ? line : { ...line, text };
  const { body, cut } = line.outline;
  const ended = Object.entries(body).map(([key, value]) => [
    key,
    cut.includes(key) && typeof value === 'string' ? withoutOpenEnd(value, masker) : value,
  ]);
  const masked = JSON.parse(masker.line(JSON.stringify(Object.fromEntries(ended))));
  return { ...line, text, outline: { ...line.outline, body: masked } };
}

// The end of a text that was cut may be half a secret, which the masker would not find.
function withoutOpenEnd(text: string, masker: Masker): string {
  const open = masker.openBytes(text);
  if (open === 0) return text;
  const bytes = Buffer.from(text);
  return bytes.subarray(0, bytes.length - open).toString();
}
