import { z } from 'zod';

/** What a package.json of the workspace must say for its package to be packed. */
const workspaceManifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  exports: z.record(z.string(), z.string().regex(/^\.\/src\/.+\.ts$/)),
});

// The parts of a package.json that matter to a service that installs the package.
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
 * The package.json of a package's `dist/`: the workspace's, where each entry of `exports` names the JavaScript and the
 * types that were built from the TypeScript source. Throws where the workspace's does not fit.
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

// Types first: the first condition that matches is taken.
function built(source: string): { types: string; default: string } {
  const stem = source.replace(/^\.\/src\//, './').replace(/\.ts$/, '');
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}
