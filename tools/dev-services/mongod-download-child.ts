// Downloads one version of mongod into a folder, as <folder>/mongod. It is a separate process because the library
// prints its progress on standard output, and because the guardian then stops the download if the launcher is killed.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DryMongoBinary } from 'mongodb-memory-server-core/lib/util/DryMongoBinary.js';
import { MongoBinary } from 'mongodb-memory-server-core/lib/util/MongoBinary.js';

const [, , version = '', downloadDir = ''] = process.argv;
const options = await DryMongoBinary.generateOptions({ version, downloadDir });
const { platform } = process;
const program = await MongoBinary.download({ ...options, platform, checkMD5: true });
await rename(program, join(downloadDir, 'mongod'));
