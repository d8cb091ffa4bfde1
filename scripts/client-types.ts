// Generates the types of the client from the schemas of core, so that the client needs neither zod
// nor core.
import {
  bulkLaunchSchema,
  cancelSelectionSchema,
  continueRequestSchema,
  errorCodeSchema,
  eventViewSchema,
  infoSchema,
  launchRequestSchema,
  messageRequestSchema,
  messageViewSchema,
  newScheduleSchema,
  resultSchema,
  scheduleChangesSchema,
  scheduleViewSchema,
  sentMessageSchema,
  sessionConfigSchema,
  sessionStatusSchema,
  spendingSchema,
  statusChangeSchema,
  USAGE_GROUPS,
} from '@baton/core/internal';
import { compile } from 'json-schema-to-typescript';
import { z } from 'zod';

const MCPConfig = sessionConfigSchema.shape.mcp_config.unwrap();

const INPUT_SCHEMAS = {
  LaunchRequest: launchRequestSchema,
  BulkLaunch: bulkLaunchSchema,
  CancelSelection: cancelSelectionSchema,
  ContinueRequest: continueRequestSchema,
  MessageRequest: messageRequestSchema,
  NewSchedule: newScheduleSchema,
  ScheduleChanges: scheduleChangesSchema,
  ScheduledLaunch: newScheduleSchema.shape.launch,
  MCPConfig,
};

const OUTPUT_SCHEMAS = {
  ErrorCode: errorCodeSchema,
  SessionStatus: sessionStatusSchema,
  Info: infoSchema,
  Totals: infoSchema.shape.totals,
  Failure: infoSchema.shape.failure.unwrap(),
  Result: resultSchema,
  SessionConfig: sessionConfigSchema,
  Event: eventViewSchema,
  Message: messageViewSchema,
  SentMessage: sentMessageSchema,
  StatusChange: statusChangeSchema,
  Spending: spendingSchema,
  UsageGroup: z.enum(USAGE_GROUPS),
  Schedule: scheduleViewSchema,
  ScheduledLaunch: newScheduleSchema.shape.launch,
  MCPConfig,
};

const HEAD =
  '// Made by `npm run schema` from the schemas of core: the requests and answers of the HTTP API. Do not edit it.';
const DEFINITIONS = '#/definitions/';

/** Returns the text of packages/client/src/api-types.ts. */
export async function clientTypes(): Promise<string> {
  const definitions = {
    ...describe(OUTPUT_SCHEMAS, 'output'),
    ...describe(INPUT_SCHEMAS, 'input'),
  };
  const names = Object.keys(definitions).sort();
  // The compiler writes only types that something refers to. This object refers to all types. The
  // interface that the compiler writes for it is removed below.
  const properties = Object.fromEntries(names.map((name) => [name, refTo(name)]));
  const all = { type: 'object', properties, required: names, definitions } as const;
  const text = await compile(all, 'ApiTypes', {
    additionalProperties: false,
    bannerComment: HEAD,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 100 },
  });
  return text.replace(/export interface ApiTypes \{[^}]*\}\n/, '');
}

type Definitions = Record<string, { $ref: string }>;

function describe(schemas: Record<string, z.ZodType>, io: 'input' | 'output'): Definitions {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const described = z.toJSONSchema(registry, { io, uri: (id) => refTo(id).$ref });
  const { __shared: _free, ...definitions } = described.schemas;
  return JSON.parse(JSON.stringify(definitions), (key, value) => {
    // The compiler names a type by its key in `definitions`.
    if (key === '$id') return undefined;
    if (typeof value?.$ref !== 'string') return value;
    const { $ref, ...siblings } = value;
    // The only shared schema without a name is the schema of any JSON value. It needs no type.
    if ($ref.startsWith(refTo('__shared').$ref)) return siblings;
    return Object.keys(siblings).length === 0 ? value : { ...siblings, allOf: [{ $ref }] };
  });
}

function refTo(name: string): { $ref: string } {
  return { $ref: `${DEFINITIONS}${name}` };
}
