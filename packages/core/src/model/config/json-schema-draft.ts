// What claude 2.1.330 refuses of a --json-schema before it starts: it compiles the schema as draft 7, strictly
// (test/contract/verdicts.test.ts). Only what the schema's words alone can tell is judged here.
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

/** Why the CLI would refuse this JSON Schema, as `expected …, got …`, or null where nothing tells. */
export function findDraftProblem(schema: Record<string, unknown>): string | null {
  const draft = schema['$schema'];
  if (typeof draft === 'string' && !DRAFT_7.test(draft)) {
    return `expected $schema to be http://json-schema.org/draft-07/schema or absent, got ${shorten(draft)}`;
  }
  // No recursion: a caller chooses the depth.
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

// What stands in definitions is compiled only where something refers to it.
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
