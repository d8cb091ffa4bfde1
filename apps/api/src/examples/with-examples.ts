import { defined } from '@baton/core/internal';
import { EXAMPLES } from './all.ts';
import type { Examples } from './example.ts';

interface Media {
  content?: Record<string, object>;
}

interface Operation {
  operationId?: string;
  requestBody?: object;
  responses?: Record<string, object>;
}

/** Returns an operation of the OpenAPI document with its examples added beside its schemas. */
export function withExamples<T extends object>(operation: T): T {
  const { operationId = '', requestBody, responses = {} }: Operation = operation;
  const { body, responses: examples = {}, stream, text } = EXAMPLES[operationId] ?? {};
  const entries = Object.entries(responses).map(([status, response]) => {
    const plain = put(response, 'application/json', examples[Number(status)]);
    return [status, put(put(plain, 'text/event-stream', stream), 'text/plain', text)];
  });
  return {
    ...operation,
    ...defined({
      requestBody: requestBody && put(requestBody, 'application/json', body),
    }),
    responses: Object.fromEntries(entries),
  };
}

function put(part: object, type: string, examples: Examples | undefined): object {
  const { content = {} }: Media = part;
  const media = content[type];
  if (!media || !examples) return part;
  return { ...part, content: { ...content, [type]: { ...media, examples } } };
}
