// What the fake does with the messages that wait while a turn runs.
import { randomUUID } from 'node:crypto';
import { attachmentEntry } from './lines.ts';
import { print, printResult, type Stage } from './stage.ts';

/**
 * Does what the CLI does with waiting messages once a tool has returned: takes in those with the
 * priority `next`, as attachments of the transcript. If a message with the priority `now` waits,
 * ends the turn, and never resolves.
 */
export async function takeIn(stage: Stage): Promise<void> {
  for (const message of stage.inbox.take('next')) {
    stage.transcript.append([attachmentEntry(stage.who, message)]);
    printState(stage, message.uuid, 'started');
    stage.takenIn.push(message.uuid);
  }
  if (!stage.inbox.holds('now')) return;
  printResult(stage, { result: '', terminal_reason: 'aborted_tools' });
  stage.stopTurn();
  await new Promise(() => undefined);
}

/** Prints the state of a message. */
export function printState(stage: Stage, command_uuid: string, state: string): void {
  const { sessionId: session_id } = stage.who;
  print(stage, [
    { type: 'command_lifecycle', command_uuid, state, uuid: randomUUID(), session_id },
  ]);
}
