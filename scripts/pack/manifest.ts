import { z } from 'zod';

/** What a package.json of the workspace must say for its package to be packed. */
const workspaceManifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  exports: z.record(z.string(), z.string().regex(/^\.\/src\/.+\.ts$/)),
});

// What a package.json means to those who install it; scripts and development stay at home.
const KEPT = [
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
 * The package.json that goes into the tarball: the workspace's, with each door of `exports` led from the
 * TypeScript source to the JavaScript and types that were built from it.
 */
export function publishedManifest(workspace: string): string {
  const manifest = workspaceManifestSchema.parse(JSON.parse(workspace));
  const doors = Object.entries(manifest.exports).map(([door, source]) => [door, built(source)]);
  const published = {
    ...Object.fromEntries(
      KEPT.filter((key) => manifest[key] !== undefined).map((key) => [key, manifest[key]]),
    ),
    sideEffects: false,
    exports: Object.fromEntries(doors),
    files: ['dist'],
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

// Types first: the first condition that matches is taken.
function built(source: string): { types: string; default: string } {
  const stem = source.replace(/^\.\/src\//, './dist/').replace(/\.ts$/, '');
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}
