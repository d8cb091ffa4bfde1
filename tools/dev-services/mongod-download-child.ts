// Downloads one version of mongod into a folder, as <folder>/mongod. A process of its own, because the library
// draws its progress on standard output, and because a killed launcher must not leave it half way.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DryMongoBinary } from 'mongodb-memory-server-core/lib/util/DryMongoBinary.js';
import { MongoBinary } from 'mongodb-memory-server-core/lib/util/MongoBinary.js';

const [, , version = '', downloadDir = ''] = process.argv;
const options = await DryMongoBinary.generateOptions({ version, downloadDir });
const { platform } = process;
const program = await MongoBinary.download({ ...options, platform, checkMD5: true });
await rename(program, join(downloadDir, 'mongod'));
