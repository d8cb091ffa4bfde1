import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { FuzzRequest, OpenApi } from './requests.ts';
import type { Answer } from './send.ts';
import { CANARY } from './special.ts';

/** Returns what is wrong with an answer, or null if the answer is right. */
export type Judge = (request: FuzzRequest, answer: Answer) => string | null;

const LIBRARY_MESSAGES =
  /"message":"[^"]*(?:Too (?:small|big)|Invalid (?:input|option|string)|Unrecognized key)/;

/** Creates a judge for an OpenAPI document: the status, content type and body of each answer must match the document. */
export function createJudge(document: OpenApi): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  formats.default(ajv);
  ajv.addSchema({ $id: 'api', components: document.components });
  const compiled = new Map<object, ReturnType<typeof ajv.compile>>();

  function mismatch(schema: object, body: unknown): string | null {
    const validate = compiled.get(schema) ?? ajv.compile(anchored(schema));
    compiled.set(schema, validate);
    return validate(body) ? null : describe(validate.errors?.[0]);
  }

  return (request, { status, headers, text }) => {
    if (text.includes(CANARY)) return 'the answer holds a secret';
    if (status >= 500) return `${status}: ${text.slice(0, 500)}`;
    const type = String(headers['content-type'] ?? '').split(';')[0] ?? '';
    // The answer to HEAD has no body.
    if (request.method === 'HEAD') return null;
    const error = status >= 400 ? errorIn(type, text) : undefined;
    if (status >= 400 && error === undefined && isApi(request)) {
      return `${status} without an error body: ${text.slice(0, 200)}`;
    }
    if (LIBRARY_MESSAGES.test(text))
      return `a message of the validation library: ${text.slice(0, 300)}`;
    if (request.operation === undefined) return null;
    // A hostile text in the path may turn it into an address that does not exist.
    if (!request.isValid && (error === 'NOT_FOUND' || status === 404)) return null;
    const [method = '', path = ''] = request.operation.split(' ');
    const responses = document.paths[path]?.[method]?.responses ?? {};
    const documented = responses[status];
    if (!documented) return `${status} is not documented: ${text.slice(0, 300)}`;
    if (!documented.content)
      return text === '' ? null : `${status} has a body, but none is documented`;
    const content = documented.content[type];
    if (!content)
      return `${status} has the content type "${type}", expected ${Object.keys(documented.content)}`;
    if (type !== 'application/json') return null;
    const wrong = mismatch(content.schema, JSON.parse(text));
    return wrong && `${status} does not match its schema: ${wrong}: ${text.slice(0, 500)}`;
  };
}

// Pages and the dashboard have their own error pages.
function isApi({ path }: FuzzRequest): boolean {
  return path.join('').startsWith('/v1/');
}

function errorIn(type: string, text: string): string | undefined {
  if (type !== 'application/json') return undefined;
  const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
  return typeof error?.code === 'string' && typeof error.message === 'string'
    ? error.code
    : undefined;
}

function anchored(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/'));
}

function describe(error: ErrorObject | undefined): string {
  return error ? `${error.instancePath || 'it'} ${error.message}` : 'unknown error';
}
