// A reader sees nothing of white space, controls, and characters without a look of their own.
const VISIBLE = /[^\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/** Says whether a reader sees anything of a text. */
export function hasVisibleText(text: string): boolean {
  return VISIBLE.test(text);
}
