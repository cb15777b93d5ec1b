import type {
  $Command,
  ServiceInputTypes,
  ServiceOutputTypes,
  SQSClient,
  SQSClientResolvedConfig
} from '@aws-sdk/client-sqs'
import { withDeadline } from './deadline.ts'
import { CredentialsRenewal, type WithCredentials } from './credentials.ts'
import { CallError, isUnauthenticated } from './failures.ts'
import type { AwsService } from './foreign-answer.ts'

/** The members of an SQS client that are used. A host's own client may have only `send`. */
export type SqsSending = Pick<SQSClient, 'send'> & WithCredentials

type SqsCommand<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  SQSClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>

export interface CallOptions {
  /** Ends the call early. */
  signal?: AbortSignal
  /** @default the deadline of all calls */
  deadlineMs?: number
}

/**
 * Calls a service of AWS. Each call has a deadline and fails with a `CallError`. A call whose credentials AWS refuses is
 * repeated once, if there are newer credentials by then.
 */
export class AwsCalls {
  readonly #service: AwsService
  readonly #deadlineMs: number
  readonly #credentials: CredentialsRenewal

  /** @param options `deadlineMs`: for a whole call: credentials, connection and the complete answer */
  constructor({ client, service, deadlineMs }: { client: WithCredentials; service: AwsService; deadlineMs: number }) {
    this.#service = service
    this.#deadlineMs = deadlineMs
    this.#credentials = new CredentialsRenewal(client)
  }

  /** @param what the name of the call, for errors @throws {CallError} */
  async run<T>(
    what: string,
    call: (abortSignal: AbortSignal) => Promise<T>,
    { signal, deadlineMs: ms = this.#deadlineMs }: CallOptions = {}
  ): Promise<T> {
    const attempt = () =>
      withDeadline({ ms, what, signal }, call).catch((error: unknown) => {
        throw CallError.from(error, this.#service)
      })
    try {
      return await attempt()
    } catch (error) {
      if (!isUnauthenticated((error as CallError).failure) || !(await this.#credentials.renewed())) throw error
    }
    return attempt()
  }
}

/** The calls of an SQS client. */
export class SqsCalls extends AwsCalls {
  readonly client: SqsSending

  constructor({ client, deadlineMs }: { client: SqsSending; deadlineMs: number }) {
    super({ client, service: 'SQS', deadlineMs })
    this.client = client
  }

  /** @throws {CallError} */
  send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: SqsCommand<Input, Output>,
    options?: CallOptions
  ): Promise<Output> {
    const what = command.constructor.name.replace('Command', '')
    // Mocks return nothing for commands that they do not know.
    const call = async (abortSignal: AbortSignal) =>
      (await this.client.send(command, { abortSignal })) ?? ({} as Output)
    return this.run(what, call, options)
  }
}
