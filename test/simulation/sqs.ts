import type { SqsClientLike } from '../../lib/sqs/client-like.ts'
import { SimulatedProcess, sleep } from './clock.ts'
import { SqsQueue, type Entry, type Message } from './sqs-queue.ts'
import type { Trace } from './trace.ts'
import type { Weather } from './weather.ts'

/** An entry that reached SQS. */
export interface Arrival {
  readonly message: Message
  readonly outcome: 'new' | 'repeated' | 'failed' | 'refused'
}

/** A SendMessageBatch. */
export interface SendCall {
  readonly queue: string
  /** The instances whose events it carries. */
  readonly instances: ReadonlySet<string>
  readonly sender: SimulatedProcess
  readonly sentAt: number
  /** When it reached SQS; `undefined`: never. */
  arrivedAt?: number
  /** When its sender had the answer, if it still waited for it. */
  answeredAt?: number
  /** When its sender waited no longer: for an answer, a failure, or its deadline. */
  endedAt?: number
  /** Offsets that the answer calls accepted. */
  accepted: readonly number[]
  arrivals: readonly Arrival[]
}

const URL_PREFIX = 'https://sqs.example/0/'
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html */
const DELETED_MS = 60_000

export interface SimulatedSqsOptions {
  weather: Weather
  trace: Trace
  now: () => number
  /** Whether SQS refuses a message for what is in it. */
  refuses: (message: Message) => boolean
}

/** Amazon SQS, as far as the sender sees it, and a record of all that was sent to it. */
export class SimulatedSqs {
  readonly #options: SimulatedSqsOptions
  readonly #queues = new Map<string, SqsQueue>()
  readonly #deletedAt = new Map<string, number>()
  /** All queues that there ever were. */
  readonly made: SqsQueue[] = []
  readonly calls: SendCall[] = []
  /** The queue of each call that was denied: one that asks for a queue is the first part of a send. */
  readonly denials: string[] = []
  /** Sends that have reached SQS, in that order. */
  readonly arrived: SendCall[] = []
  /** Called once, with the process that asks for a queue next. Returns the milliseconds that its answer is late. */
  onLookUp: ((sender: SimulatedProcess) => number) | undefined

  constructor(options: SimulatedSqsOptions) {
    this.#options = options
  }

  /** The client of one process. It names its region and address, so that queues are known after a restart. */
  client(sender: SimulatedProcess): SqsClientLike {
    const config = { region: async () => 'simulated', endpoint: async () => ({ hostname: 'sqs.example', path: '/' }) }
    const client = {
      config,
      send: async (command: Command, { abortSignal }: CallOptions = {}) =>
        sender.alive
          ? SimulatedProcess.outside(() => this.#call(command, { sender, abortSignal }))
          : new Promise(() => {})
    }
    return client
  }

  /** Deletes a queue with all that it holds, as its owner may. */
  delete(name: string): void {
    if (!this.#queues.delete(name)) return
    this.#deletedAt.set(name, this.#options.now())
    this.#options.trace.add('sqs', `${name} is deleted`)
  }

  get names(): readonly string[] {
    return [...this.#queues.keys()]
  }

  #call(
    { constructor: { name }, input }: Command,
    { sender, abortSignal }: CallOptions & { sender: SimulatedProcess }
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const answer = (give: () => void) => {
      if (sender.alive) sender.deliver(give)
    }
    const lateMs = (name === 'GetQueueUrlCommand' && this.onLookUp?.(sender)) || 0
    if (name === 'GetQueueUrlCommand') this.onLookUp = undefined
    const call = name === 'SendMessageBatchCommand' ? this.#sent(input, sender) : undefined
    const ended = () => {
      if (call) call.endedAt ??= this.#options.now()
    }
    abortSignal?.addEventListener('abort', ended)
    this.#way(name, input, { call, lateMs }).then(
      (result) =>
        answer(() => {
          // One that comes too late is not looked at.
          if (call && !abortSignal?.aborted) call.answeredAt = this.#options.now()
          ended()
          resolve(result)
        }),
      (error: unknown) =>
        answer(() => {
          ended()
          reject(error as Error)
        })
    )
    return promise
  }

  /** A call's way to SQS and back; never resolves if its answer is lost without a sign. */
  async #way(
    command: string,
    input: Input,
    { call, lateMs }: { call: SendCall | undefined; lateMs: number }
  ): Promise<unknown> {
    const { weather, now, trace } = this.#options
    const fate = weather.call()
    await sleep(weather.latencyMs() + lateMs)
    if (fate === 'unsent') throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const refusal = REFUSALS[fate]
    if (fate === 'denied') this.denials.push(nameOf(input))
    if (refusal) throw awsError(...refusal)
    if (fate === 'late') await sleep(weather.delayMs())
    if (call) {
      call.arrivedAt = now()
      this.arrived.push(call)
    }
    const result = this.#answer(command, input, call)
    if (call)
      trace.add('sqs', `${call.queue} <- ${call.sender.name} ${told(call)}${fate === 'answered' ? '' : ` (${fate})`}`)
    await sleep(weather.latencyMs())
    if (fate === 'unanswered') throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    return result
  }

  #sent(input: Input, sender: SimulatedProcess): SendCall {
    const instances = new Set(
      (input.Entries ?? []).map(({ MessageBody }) => (JSON.parse(MessageBody) as Message).instance)
    )
    const call = { queue: nameOf(input), instances, sender, sentAt: this.#options.now(), accepted: [], arrivals: [] }
    this.calls.push(call)
    return call
  }

  #answer(command: string, input: Input, call: SendCall | undefined): unknown {
    const { now } = this.#options
    const name = nameOf(input)
    if (command === 'CreateQueueCommand') {
      if (now() < (this.#deletedAt.get(name) ?? -DELETED_MS) + DELETED_MS)
        throw awsError('QueueDeletedRecently', 400, 'You must wait 60 seconds after deleting a queue')
      if (!this.#queues.has(name)) this.#make(name)
      return { QueueUrl: `${URL_PREFIX}${name}` }
    }
    const queue = this.#queues.get(name)
    if (!queue) throw awsError('QueueDoesNotExist', 400, 'The specified queue does not exist.')
    if (command === 'GetQueueUrlCommand') return { QueueUrl: `${URL_PREFIX}${name}` }
    if (command === 'GetQueueAttributesCommand')
      return { Attributes: { ...(queue.isFifo && { FifoQueue: 'true' }), MaximumMessageSize: '1048576' } }
    if (!call) throw awsError('UnsupportedOperation', 400, command)
    return this.#take(queue, input.Entries as Entry[], call)
  }

  #make(name: string): void {
    const queue = new SqsQueue(name)
    this.#queues.set(name, queue)
    this.made.push(queue)
  }

  #take(queue: SqsQueue, entries: readonly Entry[], call: SendCall) {
    const { weather, now, refuses } = this.#options
    const Successful: { Id: string }[] = []
    const Failed: { Id: string; Code: string; SenderFault: boolean; Message: string }[] = []
    const arrivals: Arrival[] = []
    const accepted: number[] = []
    for (const entry of entries) {
      const { Id, MessageBody } = entry
      const message = JSON.parse(MessageBody) as Message
      const fate = weather.entry()
      if (refuses(message)) {
        Failed.push({ Id, Code: 'InvalidMessageContents', SenderFault: true, Message: 'Not to be sent' })
        arrivals.push({ message, outcome: 'refused' })
      } else if (fate === 'failed') {
        Failed.push({ Id, Code: 'InternalError', SenderFault: false, Message: 'Try again' })
        arrivals.push({ message, outcome: 'failed' })
      } else if (fate === 'left out') arrivals.push({ message, outcome: 'failed' })
      else {
        arrivals.push({ message, outcome: queue.take(entry, now()) ? 'new' : 'repeated' })
        if (fate !== 'taken') continue
        Successful.push({ Id })
        accepted.push(message.offset)
      }
    }
    call.arrivals = arrivals
    call.accepted = accepted
    // An answer that names no entry would not be one of SQS.
    return Successful.length + Failed.length > 0
      ? { Successful, Failed }
      : { Failed: [{ Id: 'none', Code: 'InternalError', SenderFault: false }] }
  }
}

interface Command {
  readonly constructor: { readonly name: string }
  readonly input: Input
}

interface CallOptions {
  abortSignal?: AbortSignal | undefined
}

interface Input {
  QueueName?: string
  QueueUrl?: string
  Entries?: readonly Entry[]
}

const REFUSALS: { [fate: string]: [code: string, status: number, message: string] } = {
  throttled: ['ThrottlingException', 400, 'Rate exceeded'],
  'internal error': ['InternalFailure', 500, 'Try again'],
  denied: ['AccessDeniedException', 403, 'Not allowed to send']
}

function nameOf({ QueueName, QueueUrl = '' }: Input): string {
  return QueueName ?? QueueUrl.slice(URL_PREFIX.length)
}

/** An error as the SDK throws it. */
function awsError(name: string, httpStatusCode: number, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } })
}

function told({ arrivals }: SendCall): string {
  const sign = { new: '', repeated: '=', failed: '!', refused: 'x' }
  return arrivals.map(({ message, outcome }) => `${message.instance}:${message.offset}${sign[outcome]}`).join(' ')
}
