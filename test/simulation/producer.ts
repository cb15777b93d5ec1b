import type { InstanceEventInput } from '../../lib/schemas/event-input.ts'
import { sleep } from './clock.ts'
import { EVENTS, type ProducerPlan } from './scenario.ts'
import type { World } from './world.ts'

/** Posts the events of a plan. What may not have been accepted is posted again, under the same ids. */
export async function produce(world: World, plan: ProducerPlan, producer: number): Promise<void> {
  const { random } = world
  let number = 0
  const sent: InstanceEventInput[] = []
  for (let call = 0; call < plan.calls; call++) {
    await sleep(random.between(0, plan.paceMs))
    const inputs = Array.from({ length: random.between(1, plan.batch) }, (): InstanceEventInput => {
      number++
      const event = random.pick(Object.values(EVENTS))
      const id = `${producer}-${number}`
      return { instance: plan.instance, event, data: world.data(number, plan), ...(plan.ownIds && { id }) }
    })
    sent.push(...inputs)
    const again = plan.ownIds && random.chance(0.05)
    await post(world, again ? [random.pick(sent), ...inputs] : inputs, producer)
  }
}

async function post(world: World, inputs: InstanceEventInput[], producer: number): Promise<void> {
  const { history, trace, clock } = world
  for (;;) {
    const { process, app } = await world.anyNode()
    try {
      const results = await process.ask(() => app.eventLog.accept(inputs))
      if (!results) continue
      const [first] = results
      trace.add(process.name, `accepts ${inputs[0]?.instance} ${first?.offset} (+${results.length - 1})`)
      for (const [index, { id, offset }] of results.entries()) {
        const { instance = '' } = inputs[index] ?? {}
        history.accepted.push({ producer, id, instance, offset, at: clock.now })
      }
      return
    } catch (error) {
      trace.add(process.name, `refuses: ${(error as Error).message}`)
      await sleep(100)
    }
  }
}
