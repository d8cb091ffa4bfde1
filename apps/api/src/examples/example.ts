/** A value as a request or an answer may be, and what it shows. */
export interface Example<T = unknown> {
  summary: string;
  value: T;
}

/** Examples by their names in the document. */
export type Examples<T = unknown> = Record<string, Example<T>>;

/** The examples of an operation: of what it takes, and of what it answers with by status. */
export interface OperationExamples {
  body?: Examples;
  responses?: Record<number, Examples>;
  /** Of the stream that an operation answers with. */
  stream?: Examples<string>;
}
