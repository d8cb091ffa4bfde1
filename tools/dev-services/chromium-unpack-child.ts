// Unpacks the Chromium of the npm package into a folder, which must be this process's TMPDIR. It is a separate
// process because the package reads its target from the environment, and because the guardian then stops the
// unpacking if the launcher is killed.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflate } from '@sparticuz/chromium';

// Swiftshader is left out, because no test needs WebGL.
const ARCHIVES = ['chromium.br', 'fonts.tar.br', 'al2023.tar.br'];

// This replaces the package's own fonts.conf, which names /tmp/fonts.
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

const [, , folder = ''] = process.argv;
const bin = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '../bin');
await Promise.all(ARCHIVES.map((archive) => inflate(join(bin, archive))));
await writeFile(join(folder, 'fonts', 'fonts.conf'), FONTS);
