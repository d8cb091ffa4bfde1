import { defined } from '@baton/core/internal';
import { expect, test } from 'vitest';
import { breakingChanges } from '../../../support/breaking-changes.ts';

interface Shape {
  body?: object;
  bodyExamples?: object;
  answer?: object;
  parameters?: object[];
  status?: string;
  path?: string;
}

const text = { type: 'string' };
const of = (properties: object, required: string[] = []) => ({
  type: 'object',
  properties,
  required,
});

function document({
  body,
  bodyExamples,
  answer,
  parameters,
  status = '200',
  path = '/v1/a',
}: Shape): object {
  const content = (schema: object | undefined, examples?: object) => ({
    content: { 'application/json': { schema, examples } },
  });
  return {
    paths: {
      [path]: {
        post: {
          parameters,
          ...defined({ requestBody: body ? content(body, bodyExamples) : undefined }),
          responses: { [status]: content(answer), 500: {} },
        },
      },
    },
    components: { schemas: { Text: text, Number: { type: 'number' } } },
  };
}

const parameter = { in: 'query', name: 'limit', schema: { type: 'integer' } };

test.each<[string, Shape, Shape, string[]]>([
  ['the same document', { body: of({ a: text }) }, { body: of({ a: text }) }, []],
  ['a new key', { body: of({ a: text }) }, { body: of({ a: text, b: text }) }, []],
  [
    'other examples',
    { body: text, bodyExamples: { a: { value: 'x' } } },
    { body: text, bodyExamples: { b: { value: 'y' } } },
    [],
  ],
  ['a new key in a response', { answer: of({}) }, { answer: of({ b: text }, ['b']) }, []],
  ['a removed call', {}, { path: '/v1/b' }, ['post /v1/a is gone']],
  ['another status', {}, { status: '201' }, ['post /v1/a answers no 200 any more']],
  [
    'a removed key of the request',
    { body: of({ a: text }) },
    { body: of({}) },
    ['post /v1/a: body.a is gone'],
  ],
  [
    'a removed key of the response',
    { answer: of({ a: text }) },
    { answer: of({}) },
    ['post /v1/a: 200.a is gone'],
  ],
  [
    'a key that becomes required in the request',
    { body: of({ a: text }) },
    { body: of({ a: text }, ['a']) },
    ['post /v1/a: body.a is required now'],
  ],
  [
    'a key that becomes optional in the response',
    { answer: of({ a: text }, ['a']) },
    { answer: of({ a: text }) },
    ['post /v1/a: 200.a may be absent now'],
  ],
  [
    'another type behind references in a list',
    { answer: { type: 'array', items: of({ a: { $ref: '#/components/schemas/Text' } }) } },
    { answer: { type: 'array', items: of({ a: { $ref: '#/components/schemas/Number' } }) } },
    ['post /v1/a: 200[].a is of type number, was string'],
  ],
  [
    'a value that the request no longer accepts',
    { body: of({ a: { enum: ['x', 'y'] } }) },
    { body: of({ a: { enum: ['y', 'z'] } }) },
    ['post /v1/a: body.a takes "x" no more'],
  ],
  [
    'a value that the response no longer has',
    { answer: of({ a: { enum: ['x'] } }) },
    { answer: of({ a: { enum: [] } }) },
    [],
  ],
  [
    'another type beside the one that a request has',
    { body: of({ a: { type: 'string' } }) },
    { body: of({ a: { anyOf: [{ type: 'string' }, { type: 'array' }] } }) },
    [],
  ],
  [
    'another type beside the one that a response has',
    { answer: of({ a: { type: 'string' } }) },
    { answer: of({ a: { anyOf: [{ type: 'string' }, { type: 'array' }] } }) },
    ['post /v1/a: 200.a is of type undefined, was string'],
  ],
  ['a removed parameter', { parameters: [parameter] }, {}, ['post /v1/a: query limit is gone']],
  [
    'a new required parameter',
    {},
    { parameters: [{ ...parameter, required: true }] },
    ['post /v1/a: query limit is new and required'],
  ],
])(
  'breakingChanges returns what breaks callers, or nothing: %s',
  (_name, before, after, expected) => {
    expect(breakingChanges(document(before), document(after))).toEqual(expected);
  },
);
