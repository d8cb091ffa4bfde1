import { z } from 'zod';

/** The fields that a package.json of the workspace needs for packing. */
const workspaceManifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  exports: z.record(z.string(), z.string().regex(/^\.\/src\/.+\.ts$/)),
});

// The fields that a project needs when it installs the package.
const KEPT_FIELDS = [
  'name',
  'version',
  'description',
  'license',
  'repository',
  'type',
  'engines',
  'dependencies',
] as const;

/**
 * Returns the package.json of a package's `dist/`. Each entry of `exports` names the built
 * JavaScript and types instead of the TypeScript source. Throws if the workspace's package.json
 * lacks a field.
 *
 * @param workspace The text of the package.json in the workspace.
 */
export function publishedManifest(workspace: string): string {
  const manifest = workspaceManifestSchema.parse(JSON.parse(workspace));
  const entries = Object.entries(manifest.exports).map(([entry, source]) => [entry, built(source)]);
  const published = {
    ...Object.fromEntries(
      KEPT_FIELDS.filter((key) => manifest[key] !== undefined).map((key) => [key, manifest[key]]),
    ),
    sideEffects: false,
    exports: Object.fromEntries(entries),
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

// `types` comes first, because the first matching condition wins.
function built(source: string): { types: string; default: string } {
  const stem = source.replace(/^\.\/src\//, './').replace(/\.ts$/, '');
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}
