import { reading } from './events.ts';
import type { OperationExamples } from './example.ts';
import { files } from './files.ts';
import { launches } from './launches.ts';
import { messages } from './messages.ts';
import { operations } from './operations.ts';
import { schedules } from './schedules.ts';
import { sessions } from './sessions.ts';
import { usage } from './usage.ts';
import { webhooks } from './webhooks.ts';
import { workspaces } from './workspaces.ts';

/** The examples of all operations, by operationId. Examples of errors are in `errors.ts`. */
export const EXAMPLES: Readonly<Record<string, OperationExamples>> = {
  ...launches,
  ...sessions,
  ...messages,
  ...reading,
  ...workspaces,
  ...usage,
  ...files,
  ...schedules,
  ...webhooks,
  ...operations,
};
