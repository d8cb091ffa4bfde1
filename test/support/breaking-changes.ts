// Finds the changes between two OpenAPI documents that would break a caller.

type Json = Record<string, unknown>;

/**
 * Whether callers write or read the value that a schema describes. This decides which changes break
 * callers.
 */
type Side = 'written' | 'read';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

// Deeper than any schema of the API. The comparison of a recursive schema stops at this depth.
const MAX_DEPTH = 12;

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Returns the changes that break a caller, each with its place in the document. Additions break no caller. */
export function breakingChanges(before: object, after: object): string[] {
  const [was, is] = [before as Json, after as Json];
  const found: string[] = [];
  for (const [path, item] of Object.entries(object(was['paths']))) {
    for (const method of METHODS.filter((one) => object(item)[one])) {
      const call = `${method} ${path}`;
      const operation = object(object(object(is['paths'])[path])[method]);
      if (Object.keys(operation).length === 0) found.push(`${call} is gone`);
      else found.push(...ofCall(call, object(object(item)[method]), operation));
    }
  }
  return found;

  function ofCall(call: string, old: Json, now: Json): string[] {
    return [
      ...ofParameters(
        call,
        list(old['parameters']).map(object),
        list(now['parameters']).map(object),
      ),
      ...ofSchemas(
        `${call}: body`,
        'written',
        bodyOf(old['requestBody']),
        bodyOf(now['requestBody']),
      ),
      ...Object.entries(object(old['responses'])).flatMap(([status, response]) => {
        const next = object(now['responses'])[status];
        if (!next) return status.startsWith('2') ? [`${call} answers no ${status} any more`] : [];
        return ofSchemas(`${call}: ${status}`, 'read', bodyOf(response), bodyOf(next));
      }),
    ];
  }

  function bodyOf(part: unknown): Json {
    return object(object(object(object(part)['content'])['application/json'])['schema']);
  }

  function ofParameters(call: string, old: readonly Json[], now: readonly Json[]): string[] {
    const keyOf = (one: Json) => `${one['in']} ${one['name']}`;
    const next = new Map(now.map((one) => [keyOf(one), one]));
    const known = new Set(old.map(keyOf));
    return [
      ...old.flatMap((one) => {
        const same = next.get(keyOf(one));
        const location = `${call}: ${keyOf(one)}`;
        if (!same) return [`${location} is gone`];
        const harder = same['required'] && !one['required'] ? [`${location} is required now`] : [];
        return [
          ...harder,
          ...ofSchemas(location, 'written', object(one['schema']), object(same['schema'])),
        ];
      }),
      ...now
        .filter((one) => one['required'] && !known.has(keyOf(one)))
        .map((one) => `${call}: ${keyOf(one)} is new and required`),
    ];
  }

  function ofSchemas(location: string, side: Side, old: Json, now: Json, depth = 0): string[] {
    const [a, b] = [resolve(was, old), resolve(is, now)];
    if (depth > MAX_DEPTH || Object.keys(a).length === 0) return [];
    return [
      ...ofTypes(location, side, a, b),
      ...ofProperties(location, side, a, b, depth),
      ...(a['items']
        ? ofSchemas(`${location}[]`, side, object(a['items']), object(b['items']), depth + 1)
        : []),
    ];
  }

  function ofProperties(location: string, side: Side, a: Json, b: Json, depth: number): string[] {
    const [old, now] = [object(a['properties']), object(b['properties'])];
    const [had, has] = [list(a['required']), list(b['required'])];
    const hard = side === 'written' ? has.filter((key) => !had.includes(key)) : [];
    const soft = side === 'read' ? had.filter((key) => !has.includes(key) && now[String(key)]) : [];
    return [
      ...Object.entries(old).flatMap(([key, schema]) =>
        now[key]
          ? ofSchemas(`${location}.${key}`, side, object(schema), object(now[key]), depth + 1)
          : [`${location}.${key} is gone`],
      ),
      ...hard.map((key) => `${location}.${key} is required now`),
      ...soft.map((key) => `${location}.${key} may be absent now`),
    ];
  }
}

function ofTypes(location: string, side: Side, a: Json, b: Json): string[] {
  const [old, now] = [list(a['enum']), list(b['enum'])];
  // A caller that writes a value breaks if the API no longer accepts it. A caller that reads does not
  // break if the API no longer returns a value.
  const lost = side === 'written' && b['enum'] ? old.filter((value) => !now.includes(value)) : [];
  const isNarrowed = side === 'written' && !a['enum'] && !a['const'] && b['enum'] !== undefined;
  return [
    ...(a['type'] !== undefined && !hasType(b, a['type'], side)
      ? [`${location} is of type ${b['type']}, was ${a['type']}`]
      : []),
    ...lost.map((value) => `${location} takes ${JSON.stringify(value)} no more`),
    ...(isNarrowed ? [`${location} takes only some values now`] : []),
  ];
}

// What a caller may write may become one of several types. What a caller reads may not.
function hasType(schema: Json, type: unknown, side: Side): boolean {
  const is = (one: Json) => JSON.stringify(one['type']) === JSON.stringify(type);
  return is(schema) || (side === 'written' && list(schema['anyOf']).map(object).some(is));
}

function resolve(document: Json, schema: Json): Json {
  const ref = schema['$ref'];
  if (typeof ref !== 'string') return schema;
  return ref
    .slice(2)
    .split('/')
    .reduce<Json>((at, key) => object(at[key]), document);
}
