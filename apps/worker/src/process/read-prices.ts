import { readFile } from 'node:fs/promises';
import {
  AppError,
  DEFAULT_PRICES,
  type Prices,
  parseInput,
  pricesSchema,
} from '@baton/core/internal';

/**
 * Reads prices by model from a JSON file. Without a file, returns the list prices. Throws INVALID_CONFIG
 * if the file cannot be read or is invalid.
 */
export async function readPrices(file: string | undefined): Promise<Prices> {
  if (file === undefined) return DEFAULT_PRICES;
  try {
    return parseInput(pricesSchema, JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('INVALID_CONFIG', `PRICES_FILE ${file}: ${why}`, { cause });
  }
}
