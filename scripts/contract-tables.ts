// Generates the tables of docs/contract.md from the published OpenAPI document and the catalogue of codes.
import { readFileSync } from 'node:fs';
import { ERROR_CODES } from '@baton/core/internal';

const OPENAPI = new URL('../docs/openapi.json', import.meta.url);

interface OpenApi {
  paths: Record<string, Record<string, { summary?: string; responses?: Record<string, unknown> }>>;
}

/** Returns the text of docs/contract.md with both tables generated from the current sources. */
export function withContractTables(page: string): string {
  return withTable(withTable(page, 'calls', callTable()), 'codes', codeTable());
}

function callTable(): string {
  const { paths } = JSON.parse(readFileSync(OPENAPI, 'utf8')) as OpenApi;
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { summary = '', responses = {} }]) => {
      const success = Object.keys(responses).filter((status) => status.startsWith('2'));
      return `| \`${method.toUpperCase()} ${path}\` | ${success.join(', ')} | ${summary} |`;
    }),
  );
  return ['| call | success | what it does |', '|---|---|---|', ...rows].join('\n');
}

function codeTable(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, facts]) => {
    const http = 'http' in facts ? facts.http : '';
    return `| \`${code}\` | ${http} | ${facts.retryable ? 'yes' : ''} | ${facts.description} |`;
  });
  return ['| code | HTTP status | retried | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** Replaces the table between the two comments with this name, and returns the page. */
function withTable(page: string, name: string, table: string): string {
  const begin = `<!-- ${name}: made by npm run schema -->`;
  const end = `<!-- end of ${name} -->`;
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`expected ${begin} and ${end} in docs/contract.md`);
  return `${before}${begin}\n${table}\n${end}${after}`;
}
