/** The client that the `client` option accepts: an `SQSClient` of the AWS SDK, a mock of one, or any object with `send`. */
export interface SqsClientLike {
  /**
   * Makes one call: takes a command of `@aws-sdk/client-sqs`, and resolves to its output or rejects with its error.
   * `options.abortSignal` ends the call early.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- each command has an output of its own; mocks distinguish
  // commands by instanceof
  send(command: any, options?: { abortSignal?: AbortSignal }): Promise<any>
}
