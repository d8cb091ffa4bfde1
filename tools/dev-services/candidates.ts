import { reasonOf, ServicesError } from './errors.ts';

/** What a candidate found: the URL of a running server, or a program to start. */
export type Found = { readonly url: string } | FoundProgram;

/** A program to start. `from` says where it comes from. */
export type FoundProgram = {
  readonly program: string;
  readonly firstArgs?: readonly string[];
  readonly from: string;
  /** Variables that the program needs in addition to its usual environment. */
  readonly env?: Readonly<Record<string, string>>;
};

/**
 * One way to get a server. `find` resolves to undefined if this machine does not offer this way.
 */
export type Candidate<Kind extends string, Context, Result extends Found = Found> = {
  readonly kind: Kind;
  readonly looksFor: string;
  readonly find: (context: Context) => Promise<Result | undefined>;
};

/** The first candidate that found something. */
export type Choice<Kind extends string, Result extends Found = Found> = {
  readonly kind: Kind;
  readonly found: Result;
};

/**
 * Returns the first candidate that finds something. If no candidate does, throws an error that lists
 * what was tried and gives the advice.
 */
export async function pickFirst<Kind extends string, Context, Result extends Found>(
  candidates: readonly Candidate<Kind, Context, Result>[],
  context: Context,
  options: { readonly only?: Kind | undefined; readonly title: string; readonly advice: string },
): Promise<Choice<Kind, Result>> {
  const tried: string[] = [];
  for (const { kind, looksFor, find } of candidates) {
    if (options.only !== undefined && options.only !== kind) continue;
    try {
      const found = await find(context);
      if (found) return { kind, found };
      tried.push(`  ${looksFor}: not found`);
    } catch (error) {
      tried.push(`  ${looksFor}: ${reasonOf(error)}`);
    }
  }
  throw new ServicesError(
    [`found no ${options.title} that runs here. Looked for:`, ...tried, options.advice].join('\n'),
  );
}

/** Reads a forced choice. Returns undefined if the variable is unset or empty. Throws if the name is unknown. */
export function parseKind<Kind extends string>(
  variable: string,
  value: string | undefined,
  kinds: readonly Kind[],
): Kind | undefined {
  if (value === undefined || value === '') return undefined;
  const kind = kinds.find((known) => known === value);
  if (kind) return kind;
  throw new ServicesError(`expected ${variable} to be one of ${kinds.join(', ')}; got "${value}"`);
}
