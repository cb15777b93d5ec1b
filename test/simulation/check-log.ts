import type { World } from './world.ts'

/** What is wrong with the log: an accepted event is missing, is there twice, or is not where its producer was told. */
export function checkLog({ history, scenario }: World): string[] {
  const { accepted, logged } = history
  const wrong: string[] = []
  const byId = new Map<string, number>()
  for (const { offset, id, instance } of logged.values()) {
    const first = byId.get(id)
    // An id is forgotten with its event.
    if (first !== undefined && first > history.prunedTo)
      wrong.push(`${id} of ${instance} is in the log twice: ${first}, ${offset}`)
    byId.set(id, offset)
  }
  const left = accepted.filter((event) => history.isLeft(event))
  for (const { id, instance, offset } of left) {
    const event = logged.get(offset)
    if (event?.id !== id || event.instance !== instance)
      wrong.push(`${id} of ${instance} was accepted as ${offset}: ${event?.id} is there`)
  }
  for (const producer of scenario.producers.keys()) {
    const offsets = left.filter((event) => event.producer === producer).map(({ offset }) => offset)
    const firsts = [...new Set(offsets)]
    if (firsts.some((offset, index) => offset < (firsts[index - 1] ?? 0)))
      wrong.push(`events of producer ${producer} are out of order`)
  }
  return wrong
}
