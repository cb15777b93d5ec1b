import type { Heard, Session, SocketClient } from './socket-client.ts'
import type { World } from './world.ts'

/**
 * What a client does not know of a log that has lost its end: it does not have events that it may see, or has lost
 * ones, and was not told. An offset of before stands for what was left of the log.
 * @param visible offsets of the events that it may see
 */
export function untoldAfterFailovers(world: World, client: SocketClient, visible: readonly number[]): string[] {
  const { history } = world
  if (history.failovers.length === 0) return []
  const left = (offset: number, at: number) =>
    Math.min(offset, ...history.failovers.filter((failover) => failover.at > at).map(({ upTo }) => upTo))
  const position = (heard: Heard) => left(heard.offset, history.isLost(heard) ? 0 : heard.at)
  const { plan, sessions } = client
  const got = new Set<string>()
  const told: number[] = []
  let begin = typeof plan.offset === 'number' ? left(plan.offset, 0) : undefined
  const wrong: string[] = []
  for (const session of sessions.filter(({ admitted }) => admitted)) {
    const { from, log, at, heard, told: resumed } = session
    // Without the log nobody can tell that the offset is of another epoch.
    if (typeof from === 'number' && log === undefined && session !== sessions[0]) told.push(left(from, at))
    for (const { complete, to, at } of resumed) {
      begin ??= left(to, at)
      if (!complete) told.push(left(to, at))
    }
    const [first] = heard
    if (first) begin = Math.min(begin ?? Infinity, from === undefined ? position(first) - 1 : Infinity)
    wrong.push(...repeated(session))
    for (const { offset, id } of heard) got.add(`${offset} ${id}`)
  }
  const after = Math.max(begin ?? Infinity, ...told)
  const missing = visible.filter(
    (offset) => offset > after && !got.has(`${offset} ${history.logged.get(offset)?.id ?? ''}`)
  )
  if (missing.length > 0) wrong.push(`was not told that it misses ${missing.join()}`)
  return [...wrong, ...untold(world, client)]
}

/** Events that a client has and the log has lost, without a word to the client, which resumes. */
function untold({ history }: World, { sessions }: SocketClient): string[] {
  const told = sessions.flatMap((session) => session.told.filter(({ complete }) => !complete))
  const resuming = sessions.filter(({ from, log }) => from !== undefined && (from === 'latest' || log !== undefined))
  return resuming
    .flatMap(({ heard }) => heard)
    .flatMap(({ offset, id }) => {
      if (!history.isLost({ offset, id })) return []
      const lost = history.failovers.findLast(({ logged }) => logged.get(offset)?.id === id)
      return told.some(({ at }) => at >= (lost?.at ?? 0)) ? [] : [`was not told that ${offset} is lost`]
    })
}

/**
 * How often a client was told that something is missing, though no failover since has taken anything from it.
 * @param explained whether it was told for another reason
 */
export function toldWithoutReason(
  { history }: World,
  { sessions }: SocketClient,
  explained: (session: Session) => boolean
): string[] {
  const left = [...history.failovers]
  let highest = 0
  return sessions.flatMap((session) => {
    const { from, heard, told } = session
    highest = Math.max(highest, typeof from === 'number' ? from : 0, ...heard.map(({ offset }) => offset))
    return told.flatMap(({ complete, to, at }) => {
      const before = highest
      highest = Math.max(highest, to)
      if (complete) return []
      highest = to
      const reason = left.findIndex((failover) => failover.at <= at && failover.upTo < before)
      if (reason !== -1) left.splice(reason, 1)
      return reason !== -1 || explained(session) ? [] : [`was told that something is missing up to ${to}`]
    })
  })
}

/** Events that came twice in a connection, though the client was not set back between. */
function repeated({ heard, setBacks }: SocketClient['sessions'][number]): string[] {
  const seen = new Set<string>()
  return heard.flatMap(({ offset, id }, index) => {
    if (setBacks.some(({ after }) => after === index)) seen.clear()
    const event = `${offset} ${id}`
    if (seen.has(event)) return [`got ${event} twice`]
    seen.add(event)
    return []
  })
}
