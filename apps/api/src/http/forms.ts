import type { App } from '../app-type.ts';

/** The maximum size of a form, in bytes. A form holds an API key, or nothing but its button. */
const FORM_MAX_BYTES = 4 * 1024;

/**
 * Lets the routes of `scope` read the bodies of HTML forms. Other routes refuse a form, or ignore
 * it if they read no body.
 */
export function readForms(scope: App): void {
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FORM_MAX_BYTES },
    async (_request: unknown, body: string) => Object.fromEntries(new URLSearchParams(body)),
  );
}
