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

/** What is used of an SQS client. One of the host's making may have no more than `send`. */
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
 * Every call to a service of AWS goes through here: it has a deadline, fails with a `CallError`, and is made once more
 * when AWS refused a key of which there is a new one by then.
 */
export class AwsCalls {
  readonly #service: AwsService
  readonly #deadlineMs: number
  readonly #credentials: CredentialsRenewal

  /** @param options `deadlineMs`: for a call, its credentials, connection and the whole of the answer */
  constructor({ client, service, deadlineMs }: { client: WithCredentials; service: AwsService; deadlineMs: number }) {
    this.#service = service
    this.#deadlineMs = deadlineMs
    this.#credentials = new CredentialsRenewal(client)
  }

  /** @param what names the call in errors @throws {CallError} */
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
    // Mocks answer nothing to what they do not know.
    const call = async (abortSignal: AbortSignal) =>
      (await this.client.send(command, { abortSignal })) ?? ({} as Output)
    return this.run(what, call, options)
  }
}
