// Matches a character that readers can see: no white space, no control character, no invisible character.
const VISIBLE = /[^\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/** Returns whether a text contains at least one visible character. */
export function hasVisibleText(text: string): boolean {
  return VISIBLE.test(text);
}
