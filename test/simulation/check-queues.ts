import { isUnaware, NOTICE_MS } from './check-leases.ts'
import type { DeliveryMark, History, LoggedEvent } from './history.ts'
import { queuesOf, type Scenario } from './scenario.ts'
import type { SendCall } from './sqs.ts'
import { DEDUPLICATION_MS } from './sqs-queue.ts'
import type { World } from './world.ts'

const TOO_LARGE = 'IEV_SQS_PAYLOAD_TOO_LARGE'

/** What is wrong with the queues: an event is missing, where it does not belong, out of order, or there twice. */
export function checkQueues(world: World): string[] {
  const { scenario, history, sqs } = world
  const wrong: string[] = []
  const lanes = new Map<string, LaneCheck>()
  const laneOf = (queue: string, { instance }: LoggedEvent) => {
    const key = `${queue} of ${instance}`
    const lane = lanes.get(key) ?? new LaneCheck(queue, key, world)
    lanes.set(key, lane)
    return lane
  }
  for (const event of history.logged.values())
    for (const queue of queuesOf(scenario, event)) laneOf(queue, event).expect(event)
  for (const { logged } of history.failovers)
    for (const event of logged.values()) for (const queue of queuesOf(scenario, event)) laneOf(queue, event)
  for (const call of sqs.arrived) {
    const instances = new Set(call.arrivals.map(({ message }) => message.instance))
    for (const instance of instances) {
      const lane = lanes.get(`${call.queue} of ${instance}`)
      if (lane) lane.arrived(call)
      else wrong.push(`${call.queue} got events of ${instance}, which are not for it`)
    }
  }
  wrong.push(...doubled(world))
  for (const lane of lanes.values()) wrong.push(...lane.verdict())
  return wrong
}

/** Messages that a queue holds twice within the time in which SQS drops repeats. */
function doubled({ sqs }: World): string[] {
  return sqs.made
    .filter(({ isFifo }) => isFifo)
    .flatMap(({ name, messages }) => {
      const lastAt = new Map<string, number>()
      return messages.flatMap(({ at, message: { offset, id } }) => {
        const event = `${offset} ${id}`
        const before = lastAt.get(event)
        lastAt.set(event, at)
        return before !== undefined && at < before + DEDUPLICATION_MS ? [`${name} holds ${offset} twice`] : []
      })
    })
}

/** Follows what SQS got of one lane, in the order in which it came. */
class LaneCheck {
  readonly #queue: string
  readonly #name: string
  readonly #scenario: Scenario
  readonly #history: History
  readonly #denials: number
  readonly #expected = new Map<number, LoggedEvent>()
  readonly #wrong: string[] = []
  readonly #taken = new Set<number>()
  readonly #refusals = new Map<number, number>()
  /** Calls with an event, by offset. */
  readonly #sent = new Map<number, SendCall[]>()

  constructor(queue: string, name: string, { scenario, history, sqs }: World) {
    this.#denials = sqs.denials.filter((name) => name === queue).length
    this.#queue = queue
    this.#name = name
    this.#scenario = scenario
    this.#history = history
  }

  expect(event: LoggedEvent): void {
    this.#expected.set(event.offset, event)
  }

  arrived(call: SendCall): void {
    const ahead = new Set<number>()
    for (const { message, outcome } of call.arrivals) {
      const { offset } = message
      if (this.#history.isLost(message)) continue
      const event = this.#expected.get(offset)
      if (event?.instance !== message.instance && !this.#isOther(message.instance)) {
        this.#wrong.push(`${offset} is not for ${this.#name}`)
        continue
      }
      if (!event) continue
      if (event.id !== message.id || event.event !== message.event) this.#wrong.push(`${offset} is not what was logged`)
      ahead.add(offset)
      this.#inOrder(offset, ahead)
      this.#notAgain(offset, call)
      if (outcome === 'refused') this.#refusals.set(offset, (this.#refusals.get(offset) ?? 0) + 1)
      if (outcome === 'new' || outcome === 'repeated') this.#taken.add(offset)
    }
  }

  verdict(): string[] {
    const buried = this.#marks(this.#history.buried)
    for (const { offset, reason } of buried) {
      const refusals = (this.#refusals.get(offset) ?? 0) + this.#denials
      if (reason !== TOO_LARGE && refusals < this.#scenario.settings.maxAttempts)
        this.#wrong.push(`${offset} of ${this.#name} was given up on after ${refusals} refusals`)
    }
    const tooLarge = new Set(buried.filter(({ reason }) => reason === TOO_LARGE).map(({ offset }) => offset))
    for (const offset of this.#expected.keys())
      if (!this.#taken.has(offset) && !tooLarge.has(offset)) this.#wrong.push(`${this.#name}: ${offset} was lost`)
    return this.#wrong
  }

  /** Shared queues carry the events of other instances as well. */
  #isOther(instance: string): boolean {
    return !this.#name.endsWith(` of ${instance}`)
  }

  #marks<T extends DeliveryMark>(marks: readonly T[]): T[] {
    return marks.filter(({ queue, offset }) => queue === this.#queue && this.#expected.has(offset))
  }

  /** All that is older must be in SQS, in the same call before it, or given up on. */
  #inOrder(offset: number, ahead: ReadonlySet<number>): void {
    for (const older of this.#expected.keys()) {
      if (older >= offset || this.#taken.has(older) || ahead.has(older) || this.#isDead(older)) continue
      this.#wrong.push(`${this.#name}: ${offset} was sent before ${older}`)
      return
    }
  }

  #isDead(offset: number): boolean {
    return this.#history.buried.some((mark) => mark.queue === this.#queue && mark.offset === offset)
  }

  /**
   * Nobody sends what SQS is known to have, unless that knowledge was lost: its sender was ended, or lost the right to send
   * before the acknowledgement was stored, so that another may have read the event as pending. Nor who has lost that right
   * and cannot know it yet.
   */
  #notAgain(offset: number, call: SendCall): void {
    const { acknowledged, redriven, losses } = this.#history
    const { sentAt } = call
    const isThis = (mark: DeliveryMark) => mark.queue === this.#queue && mark.offset === offset
    const redrivenAt = Math.max(-1, ...redriven.filter(isThis).map(({ at }) => at))
    const writtenAt = acknowledged.find((mark) => isThis(mark) && mark.at > redrivenAt)?.at ?? Infinity
    const earlier = (this.#sent.get(offset) ?? []).filter((before) => before.sentAt > redrivenAt)
    this.#sent.set(offset, [...earlier, call])
    if (isUnaware(this.#history, call)) return
    const forgotten = ({ sender, sentAt: since }: SendCall) =>
      losses.some(({ process, at }) => process === sender && at >= since - NOTICE_MS && at <= sentAt && at <= writtenAt)
    if (writtenAt < sentAt && !earlier.some(forgotten))
      this.#wrong.push(`${this.#name}: ${offset} was sent again after it was written as sent`)
    for (const before of earlier) {
      const { sender, accepted, answeredAt = Infinity } = before
      if (answeredAt >= sentAt || !accepted.includes(offset) || forgotten(before)) continue
      this.#wrong.push(`${this.#name}: ${offset} was sent again, though ${sender.name} knew that SQS has it`)
    }
  }
}
