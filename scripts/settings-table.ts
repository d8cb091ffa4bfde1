// Generates the README's table of settings from the schemas of the API's and the worker's settings.
import { z } from 'zod';
import { apiSettingsSchema } from '../apps/api/src/settings.ts';
import { workerSettingsSchema } from '../apps/worker/src/settings.ts';

const BEGIN = '<!-- settings: made by npm run schema -->';
const END = '<!-- end of settings -->';

interface Setting {
  description?: string;
  default?: unknown;
}

/**
 * Returns the table of all settings: name, default, the programs that read it, and its description.
 */
export function settingsTable(): string {
  const api = settingsOf(apiSettingsSchema);
  const worker = settingsOf(workerSettingsSchema);
  const names = [...new Set([...api.names, ...worker.names])];
  const rows = names.map((name) => {
    const setting = api.settings[name] ?? worker.settings[name] ?? {};
    const readers = [
      ...(name in api.settings ? ['api'] : []),
      ...(name in worker.settings ? ['worker'] : []),
    ];
    const required = [...api.required, ...worker.required].includes(name);
    const fallback = setting.default === undefined ? '' : `\`${shown(setting.default)}\``;
    return `| \`${name}\` | ${required ? 'required' : fallback} | ${readers.join(', ')} | ${setting.description ?? ''} |`;
  });
  return ['| name | default | read by | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** Returns the text of the README with the current table. */
export function withSettingsTable(readme: string): string {
  const [before, rest = ''] = readme.split(BEGIN);
  const [, after] = rest.split(END);
  if (after === undefined) throw new Error(`expected ${BEGIN} and ${END} in the README`);
  return `${before}${BEGIN}\n${settingsTable()}\n${END}${after}`;
}

function settingsOf(schema: z.ZodObject) {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const settings = (json.properties ?? {}) as Record<string, Setting>;
  // JSON Schema lists a setting as required even if it has a default.
  const required = (json.required ?? []).filter((name) => settings[name]?.default === undefined);
  return { settings, names: Object.keys(settings), required };
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
