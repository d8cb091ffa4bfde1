import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { FuzzRequest, OpenApi } from './requests.ts';
import type { Answer } from './send.ts';
import { CANARY } from './special.ts';

/** Says what is wrong with an answer; null where nothing is. */
export type Judge = (request: FuzzRequest, answer: Answer) => string | null;

const LIBRARY_MESSAGES =
  /"message":"[^"]*(?:Too (?:small|big)|Invalid (?:input|option|string)|Unrecognized key)/;

/** A judge by the document: each answer has a status that it tells of, a type and a body as it says. */
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
    // A HEAD is answered without the body that there would be.
    if (request.method === 'HEAD') return null;
    const error = status >= 400 ? errorIn(type, text) : undefined;
    if (status >= 400 && error === undefined && isApi(request)) {
      return `${status} without the body of failures: ${text.slice(0, 200)}`;
    }
    if (LIBRARY_MESSAGES.test(text))
      return `the validation library's own words: ${text.slice(0, 300)}`;
    if (request.operation === undefined) return null;
    // What is put into a path may make another address of it.
    if (!request.isValid && (error === 'NOT_FOUND' || status === 404)) return null;
    const [method = '', path = ''] = request.operation.split(' ');
    const responses = document.paths[path]?.[method]?.responses ?? {};
    const documented = responses[status];
    if (!documented) return `${status} is not documented: ${text.slice(0, 300)}`;
    if (!documented.content) return text === '' ? null : `${status} has a body and documents none`;
    const content = documented.content[type];
    if (!content)
      return `${status} is ${type || 'nothing'}, expected ${Object.keys(documented.content)}`;
    if (type !== 'application/json') return null;
    const wrong = mismatch(content.schema, JSON.parse(text));
    return wrong && `${status} does not fit its schema: ${wrong}: ${text.slice(0, 500)}`;
  };
}

// Pages and dashboards have failures of their own look.
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
  return error ? `${error.instancePath || 'it'} ${error.message}` : 'nobody knows why';
}
