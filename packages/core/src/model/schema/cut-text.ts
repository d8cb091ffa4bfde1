/** Returns the beginning of a text that fits into `max` bytes of UTF-8. No character is split. */
export function cutText(text: string, max: number): string {
  // A UTF-16 unit takes at most three bytes, so short texts need no measuring.
  if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(max));
  return text.slice(0, read);
}
