// Sessions of the real CLI whose files follow them from one host to another.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { withCapturedFiles } from '../support/captured-files.ts';
import { BEGUN, createEdits, ENDED, editId } from '../support/edits.ts';
import type { Fleet } from '../support/fleet.ts';
import { failure } from '../support/messages-api/failure.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { untilUnready } from '../support/readiness.ts';
import { transcriptOf } from '../support/transcript-of.ts';
import {
  test as base,
  commandsIn,
  runs,
  systemOf,
  type Travelling,
} from '../support/travelling.ts';
import { snapshotTree, type TreeSnapshot } from '../support/tree-snapshot.ts';
import { waitFor } from '../support/wait.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const BASH = { allowed_tools: ['Bash'] };

/** A shell command that makes what a directory can hold. */
const LANDSCAPE = [
  'umask 022',
  'mkdir -p bin empty deep/er odd',
  'printf "note of the parent\\n" > note',
  'printf "#!/bin/sh\\n" > bin/run && chmod 755 bin/run',
  'printf private > private && chmod 600 private',
  'printf "\\000\\377\\r\\n" > odd/bytes && : > "odd/two\nlines" && printf x > odd/-rf',
  'chmod 750 deep && chmod 700 deep/er',
  'ln -s ../note bin/link && ln -s /nowhere dangling',
].join(' && ');

/** A shell command that makes a repository with a commit, an uncommitted change, and hooks that leave a canary. */
const repository = (canary: string) =>
  [
    'git init --quiet repo && cd repo',
    'printf "one\\n" > file && git add file',
    'git -c user.name=Ann -c user.email=ann@example.org commit --quiet --message "the first commit"',
    'printf "two\\n" >> file && printf "new\\n" > untracked',
    `for hook in post-index-change post-checkout reference-transaction pre-commit; do printf "#!/bin/sh\\necho $hook >> ${canary}\\n" > .git/hooks/$hook && chmod 755 .git/hooks/$hook; done`,
    'cd ..',
  ].join(' && ');

// What git keeps for itself travels in part only: hooks stay behind.
const isOfGit = (path: string) => /(^|\/)\.git$/.test(path);

const onHosts = (...hosts: string[]) => hosts.map((host) => ({ host }));

/** Returns the files of the newest capture, as another host would restore them. */
function captured({ baton }: Fleet, session: Session): Promise<TreeSnapshot> {
  return withCapturedFiles(baton.stores.captures, session, (folder) => snapshotTree(folder));
}

/** What a crash in the middle of an edit left, and what came of it. */
interface Crash {
  /** The session as the lost worker left it. */
  left: Session;
  /** The files of its newest capture. */
  files: TreeSnapshot;
  /** The edit that had begun. The edit before it had ended, but no capture has it. */
  cutIn: number;
  /** The first request of the other host, and the files at that time. */
  request: MessagesRequest;
  found: TreeSnapshot;
  ended: Session;
}

const captureOf = ({ workspace }: Session) => workspace?.capture?.commit;

/** Returns whether the transcript that agrees with the newest capture holds the result of an edit. */
async function coversEdit(fleet: Fleet, session: Session, number: number): Promise<boolean> {
  const length = session.workspace?.capture?.transcript[0]?.length ?? 0;
  const text = Buffer.from(await transcriptOf(fleet, session)).subarray(0, length);
  return text.includes(`"tool_use_id":"${editId(number)}"`);
}

/** Loses a worker, or its whole host, in the middle of an edit. Host b continues. */
async function crashInEdit(
  travelling: Travelling,
  fleet: Fleet,
  { host, lose }: { host: string; lose(worker: WorkerProcess): Promise<unknown> },
): Promise<Crash> {
  const worker = await travelling.worker(fleet, host);
  const edits = createEdits(travelling, host, LANDSCAPE);
  const id = await fleet.launch({ query: edits.query, ...BASH });
  let cutIn = 0;
  async function edit(): Promise<void> {
    cutIn += 1;
    await edits.begin(cutIn);
    await edits.end(cutIn);
  }
  await edit();
  await waitFor('a capture that agrees with the first edit', async () =>
    coversEdit(fleet, await fleet.session(id), 1),
  );

  // The next capture comes at least two seconds after the last one. If it comes too early all the same, there are
  // more edits.
  let left: Session | undefined;
  while (!left) {
    const before = captureOf(await fleet.session(id));
    await edit();
    cutIn += 1;
    await edits.begin(cutIn);
    await waitFor(`the transcript of edit ${cutIn}`, async () =>
      (await transcriptOf(fleet, await fleet.session(id))).includes(editId(cutIn)),
    );
    worker.signal('SIGSTOP');
    const session = await fleet.session(id);
    if (captureOf(session) === before) left = session;
    else {
      worker.signal('SIGCONT');
      await edits.end(cutIn);
    }
  }
  await lose(worker);
  const files = await captured(fleet, left);
  await travelling.worker(fleet, 'b');
  const request = await edits.resumed;
  const found = await travelling.snapshot('b', left);
  edits.finish();
  return { left, files, cutIn, request, found, ended: await fleet.ended(id) };
}

/** Checks what must be true after every crash. */
async function expectAgreement(fleet: Fleet, crash: Crash): Promise<void> {
  const { left, files, cutIn, request, found, ended } = crash;
  expect(found).toEqual(files);
  expect(found).toMatchObject({
    private: '600 private',
    'bin/link': 'link to ../note',
    empty: '755 directory',
    'deep/er': '700 directory',
    'edit-1': `644 ${ENDED}`,
  });
  expect(found).not.toHaveProperty([`edit-${cutIn - 1}`]);

  // Every edit that the model sees in its history is in the files.
  const shown = commandsIn(request).map((command) => /edit-\d+/.exec(command)?.[0] ?? '');
  expect(shown).toContain('edit-1');
  for (const file of shown) expect(found[file]).toBe(`644 ${ENDED}`);
  // The model learns which of its edits are lost.
  expect(request.prompt).toContain('The files may lack what these calls changed');
  for (const number of [cutIn - 1, cutIn])
    expect(request.prompt).toContain(`- Bash: printf begun > edit-${number};`);

  const isSuperseded = (seq: number) =>
    ended.superseded?.some(({ from, to }) => from <= seq && seq <= to) === true;
  const ofEdits = (await fleet.events(left.id)).filter(({ raw }) => raw.includes('toolu_of_edit_'));
  const current = ofEdits.filter(({ seq }) => !isSuperseded(seq)).map(({ raw }) => raw);
  expect(current.length).toBeGreaterThan(0);
  for (const raw of current)
    expect(shown.some((file) => raw.includes(editId(+file.slice(5))))).toBe(true);
  for (const number of [cutIn - 1, cutIn])
    expect(ofEdits.some(({ raw }) => raw.includes(editId(number)))).toBe(true);
  expect(ended).toMatchObject({
    status: 'completed',
    counts: { crashes: 1 },
    workspace: { path: left.workspace?.path, portable: true },
  });
}

/** A conversation that went from host a to host b, where it branched, and back. */
interface Story {
  parent: Session;
  /** The first and the second continue of the parent, on host b. */
  first: Session;
  second: Session;
  /** A continue of the first one, on host a. */
  back: Session;
  /** The files on host a after the parent, on b when the branches began, and on a when the last continue began. */
  files: { parent: TreeSnapshot; first: TreeSnapshot; second: TreeSnapshot; back: TreeSnapshot };
  /** The files on host b at the end of the first continue. */
  ofFirst: TreeSnapshot;
  /** What git said on host b. */
  said: string;
  /** The first requests of the continues. */
  asked: { first: MessagesRequest; second: MessagesRequest; back: MessagesRequest };
  canary: string;
}

async function playStory(travelling: Travelling, fleet: Fleet): Promise<Story> {
  const canary = join(travelling.hosts.disk, 'tmp/canary');
  const a = await travelling.worker(fleet, 'a');
  const made = `${LANDSCAPE} && ${repository(canary)}`;
  const launched = await fleet.launch({ query: travelling.plays(runs(made)), ...BASH });
  const parent = await fleet.ended(launched);
  await a.stop();
  const ofParent = await travelling.snapshot('a', parent);

  async function follow(host: string, of: Session, ...commands: string[]) {
    const requests: MessagesRequest[] = [];
    let found: TreeSnapshot = {};
    const play = runs(...commands);
    let id = '';
    const query = travelling.plays(async (request) => {
      if (requests.length === 0) {
        const { workspace } = await fleet.until(
          id,
          'at work',
          (one) => one.workspace !== undefined,
        );
        found = await travelling.snapshot(host, { workspace });
      }
      requests.push(request);
      return play(request);
    });
    id = await fleet.continue(of.id, { query });
    const session = await fleet.ended(id);
    const [asked] = requests;
    if (!asked) throw new Error(`session ${id} asked its model nothing`);
    return { session, asked, found, said: requests.flatMap((one) => one.toolResults).join('\n') };
  }

  const b = await travelling.worker(fleet, 'b');
  const first = await follow(
    'b',
    parent,
    'cd repo && git status --porcelain && git log --format=%s && test ! -e .git/hooks; cd ..',
    'printf "of the first branch\\n" >> note && chmod 700 bin/run && rm private',
  );
  const second = await follow('b', parent, 'printf "of the second branch\\n" >> note');
  await b.stop();
  const ofFirst = await travelling.snapshot('b', first.session);
  await travelling.worker(fleet, 'a');
  const back = await follow('a', first.session);
  return {
    parent,
    first: first.session,
    second: second.session,
    back: back.session,
    files: { parent: ofParent, first: first.found, second: second.found, back: back.found },
    ofFirst,
    said: first.said,
    asked: { first: first.asked, second: second.asked, back: back.asked },
    canary,
  };
}

const test = base.extend<{ $file: { story: Story } }>({
  story: [
    async ({ travelling, fleet }, use) => {
      await use(await playStory(travelling, fleet.sibling()));
    },
    { scope: 'file' },
  ],
});

const withoutGit = (files: TreeSnapshot) =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !path.split('/').some(isOfGit)));

// A hand-back has a time limit, so nothing else runs beside it.
describe('a session that is handed back', () => {
  test('continues with the files as the drained worker left them', async ({
    travelling,
    fleet,
  }) => {
    const own = fleet.sibling();
    const a = await travelling.worker(own, 'a', { DRAIN_TIMEOUT_MS: '0' });
    const edits = createEdits(travelling, 'a', LANDSCAPE);
    const id = await own.launch({ query: edits.query, ...BASH });
    await edits.begin(1);
    await edits.end(1);
    await edits.begin(2);
    expect(await a.stop()).toMatchObject({ code: 0 });
    const handedBack = await own.session(id);
    expect(handedBack, a.err()).toMatchObject({
      status: 'queued',
      attempts: [{ host: 'a', outcome: 'handed_back' }],
      workspace: { portable: true, capture: { attempt: 1 } },
    });
    const files = await travelling.snapshot('a', handedBack);
    expect(files).toMatchObject({ 'edit-1': `644 ${ENDED}`, 'edit-2': `644 ${BEGUN}` });

    await travelling.worker(own, 'b');
    const request = await edits.resumed;
    expect(await travelling.snapshot('b', handedBack)).toEqual(files);
    expect(commandsIn(request)).toHaveLength(2);
    expect(request.prompt).toBe('Continue from where you left off.');
    edits.finish();
    expect(await own.ended(id)).toMatchObject({
      status: 'completed',
      attempts: onHosts('a', 'b'),
    });
  });
});

// The tests wait for one another's workers on a busy machine.
const LIMIT = { timeout: 240_000 };

describe.concurrent('a session on two hosts', LIMIT, () => {
  test('continues with the files of its last capture after its worker is killed in the middle of an edit', async ({
    travelling,
    fleet,
  }) => {
    const own = fleet.sibling();
    const crash = await crashInEdit(travelling, own, {
      host: 'a',
      lose: (worker) => worker.kill(),
    });
    await expectAgreement(own, crash);
    expect(crash.ended.attempts).toMatchObject(onHosts('a', 'b'));
  });

  test('continues with the files of its last capture after its host crashes in the middle of an edit', async ({
    travelling,
    fleet,
  }) => {
    const own = fleet.sibling();
    const lose = () => travelling.hosts.get('crashing').crash();
    const crash = await crashInEdit(travelling, own, { host: 'crashing', lose });
    await expectAgreement(own, crash);
    expect(crash.ended.attempts).toMatchObject(onHosts('crashing', 'b'));
  });

  test('is retried on the other host with the files of its failed attempt', async ({
    travelling,
    fleet,
  }) => {
    const own = fleet.sibling();
    const worker = await travelling.worker(own, 'a', { RETRY_FIRST_MS: '1' });
    const failing = Promise.withResolvers<void>();
    const asked = [
      Promise.withResolvers<MessagesRequest>(),
      Promise.withResolvers<MessagesRequest>(),
    ];
    const seen = Promise.withResolvers<void>();
    let requests = 0;
    const query = travelling.plays(async (request) => {
      requests += 1;
      if (requests === 1) return toolUse('Bash', { command: LANDSCAPE });
      asked[requests - 2]?.resolve(request);
      if (requests === 2) {
        await failing.promise;
        return failure(529);
      }
      await seen.promise;
      return text('Done.');
    });
    const id = await own.launch({ query, ...BASH });
    await asked[0]?.promise;
    const stopped = worker.stop();
    await untilUnready(worker, /drain/);
    failing.resolve();
    expect(await stopped).toMatchObject({ code: 0 });
    const failed = await own.session(id);
    expect(failed).toMatchObject({ counts: { retries: 1 }, attempts: [{ host: 'a' }] });

    await travelling.worker(own, 'b');
    const request = await asked[1]?.promise;
    const files = await travelling.snapshot('a', failed);
    expect(Object.keys(files)).toContain('bin/run');
    expect(await travelling.snapshot('b', failed)).toEqual(files);
    expect(request && commandsIn(request)).toEqual([LANDSCAPE]);
    seen.resolve();
    expect(await own.ended(id)).toMatchObject({
      status: 'completed',
      attempts: onHosts('a', 'b'),
    });
  });
});

describe.concurrent('a continue on the other host', LIMIT, () => {
  test('finds the files as its parent left them', async ({ story }) => {
    const { parent, first, files, asked } = story;
    expect([parent, first]).toMatchObject([
      { status: 'completed', attempts: onHosts('a') },
      { status: 'completed', attempts: onHosts('b') },
    ]);
    expect(first.workspace?.path).toBe(parent.workspace?.path);
    expect(withoutGit(files.first)).toEqual(withoutGit(files.parent));
    expect(files.first).toMatchObject({
      note: '644 note of the parent\n',
      private: '600 private',
      'bin/run': '755 #!/bin/sh\n',
      'bin/link': 'link to ../note',
      dangling: 'link to /nowhere',
      empty: '755 directory',
      deep: '750 directory',
      'deep/er': '700 directory',
      'odd/bytes': '644 \0\u00ff\r\n',
      'odd/two\nlines': '644 ',
    });
    expect(systemOf(asked.first)).not.toContain('working directory of this conversation is now');
  });

  test('finds a repository in which git works, without its hooks', async ({
    story,
    travelling,
  }) => {
    expect(story.said).toContain(' M file\n?? untracked\nthe first commit\n');
    expect(Object.keys(story.files.parent)).toContain('repo/.git/hooks/post-index-change');
    expect(Object.keys(story.files.first).filter((path) => path.includes('hooks/'))).toEqual([]);
    for (const host of ['a', 'b']) {
      const canary = readFile(travelling.hosts.get(host).pathOf(story.canary));
      await expect(canary).rejects.toThrow('ENOENT');
    }
  });

  test('gets a directory of its own if its parent was continued already, and its model learns that', async ({
    story,
  }) => {
    const { parent, first, second, files, asked, ofFirst } = story;
    expect(second).toMatchObject({ status: 'completed', attempts: onHosts('b') });
    const path = `${parent.workspace?.path}.${second.id}`;
    expect(second.workspace).toMatchObject({ path, portable: true });
    expect(withoutGit(files.second)).toEqual(withoutGit(files.parent));
    const system = systemOf(asked.second);
    expect(system).toContain(`The working directory of this conversation is now ${path}.`);
    expect(system).toContain(`may name it as ${first.workspace?.path};`);
    expect(ofFirst['note']).toBe('644 note of the parent\nof the first branch\n');
  });

  test('replaces a directory that this host kept from before', async ({ story }) => {
    const { parent, first, back, files, ofFirst } = story;
    expect(back).toMatchObject({ status: 'completed', attempts: onHosts('a') });
    expect(back.workspace?.path).toBe(parent.workspace?.path);
    expect(files.back).toEqual(ofFirst);
    expect(files.back).not.toEqual(files.parent);
    expect(first.workspace?.capture?.left_out).toBe(0);
  });
});
