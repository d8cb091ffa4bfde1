import { readFile } from 'node:fs/promises';
import {
  AppError,
  DEFAULT_PRICES,
  type Prices,
  parseInput,
  pricesSchema,
} from '@baton/core/internal';

/** Reads the prices of a file (JSON, by model). Without a file the list prices are returned. Throws INVALID_CONFIG. */
export async function readPrices(file: string | undefined): Promise<Prices> {
  if (file === undefined) return DEFAULT_PRICES;
  try {
    return parseInput(pricesSchema, JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('INVALID_CONFIG', `PRICES_FILE ${file}: ${why}`, { cause });
  }
}
