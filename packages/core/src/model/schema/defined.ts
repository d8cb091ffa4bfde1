/** The type of an object without its undefined fields: a field that may be undefined becomes optional. */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * Copies an object without its undefined fields. Stored documents and JSON distinguish an absent field from a null
 * field, and `exactOptionalPropertyTypes` forbids undefined in an optional field.
 */
export function defined<const T extends object>(fields: T): Defined<T> {
  const present: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) present[key] = value;
  }
  return present as Defined<T>;
}
