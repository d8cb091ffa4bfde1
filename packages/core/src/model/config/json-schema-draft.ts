// claude 2.1.330 compiles a --json-schema as strict draft 7 and refuses other schemas before it starts
// (test/contract/verdicts.test.ts). This check looks only at keywords, so it does not find every problem.
import { recordOf } from '../schema/json-parts.ts';

const DRAFT_7 = /^(?:|http:\/\/json-schema\.org\/(?:draft-07\/)?schema#?)$/;

const KNOWN_DRAFTS = new Set(
  [
    '$schema $id $ref $defs $vocabulary $comment definitions',
    'type nullable const enum maximum minimum exclusiveMaximum exclusiveMinimum multipleOf',
    'maxLength minLength pattern format maxProperties minProperties required',
    'maxItems minItems uniqueItems items additionalItems contains',
    'properties patternProperties additionalProperties propertyNames dependencies',
    'allOf anyOf oneOf not if then else',
    'title description default deprecated readOnly writeOnly examples',
    'contentMediaType contentEncoding contentSchema',
  ].flatMap((line) => line.split(' ')),
);

const ONE_SCHEMA = 'additionalItems additionalProperties contains propertyNames not if then else';
const LISTS = 'items allOf anyOf oneOf';
const BY_NAME = 'properties patternProperties dependencies';

/** Returns why the CLI would refuse this JSON Schema, as `expected …, got …`, or null if no keyword shows a problem. */
export function findDraftProblem(schema: Record<string, unknown>): string | null {
  const draft = schema['$schema'];
  if (typeof draft === 'string' && !DRAFT_7.test(draft)) {
    return `expected $schema to be http://json-schema.org/draft-07/schema or absent, got ${shorten(draft)}`;
  }
  // This loop replaces a recursion, which could exhaust the stack: the caller chooses the depth of
  // the schema.
  const waiting: Record<string, unknown>[] = [schema];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const unknown = Object.keys(next).find((keyword) => !KNOWN_DRAFTS.has(keyword));
    if (unknown !== undefined)
      return `expected keywords of JSON Schema draft 7, got ${shorten(unknown)}`;
    for (const inner of schemasIn(next)) waiting.push(inner);
  }
  return null;
}

function shorten(text: string): string {
  return text.slice(0, 100);
}

// Returns the schemas directly inside a schema, except in `definitions` and `$defs`: the CLI
// compiles a definition only if a $ref points to it.
function schemasIn(schema: Record<string, unknown>): Record<string, unknown>[] {
  const valuesOf = (keywords: string) => keywords.split(' ').map((keyword) => schema[keyword]);
  return [
    ...valuesOf(ONE_SCHEMA),
    ...valuesOf(LISTS).flatMap((value) => (Array.isArray(value) ? value : [value])),
    ...valuesOf(BY_NAME).flatMap((value) => Object.values(recordOf(value))),
  ].filter((value) => !Array.isArray(value) && Object.keys(recordOf(value)).length > 0) as Record<
    string,
    unknown
  >[];
}
