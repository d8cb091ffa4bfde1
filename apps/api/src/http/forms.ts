import type { App } from '../app-type.ts';

/** The longest body of a form: a key, or the button that was pressed. */
const FORM_MAX_BYTES = 4 * 1024;

/** Lets the routes of `scope` read bodies of HTML forms; all other routes refuse them. */
export function readForms(scope: App): void {
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FORM_MAX_BYTES },
    async (_request: unknown, body: string) => Object.fromEntries(new URLSearchParams(body)),
  );
}
