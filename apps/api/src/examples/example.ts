/** An example of a request or an answer; `summary` says what it shows. */
export interface Example<T = unknown> {
  summary: string;
  value: T;
}

/** Examples by name. */
export type Examples<T = unknown> = Record<string, Example<T>>;

/** The examples of an operation: of its request body, and of its answers by HTTP status. */
export interface OperationExamples {
  body?: Examples;
  responses?: Record<number, Examples>;
  /** Examples of the text that the operation answers with. */
  text?: Examples<string>;
  /** Examples of the stream that the operation answers with. */
  stream?: Examples<string>;
}
