import { closest, distance } from 'fastest-levenshtein'

/** Prefixes that variables of other programs share; of these, only near misses are likely to be meant for this server. */
const SHARED_PREFIX = /^(SQS|WEBSOCKET|SERVER|EVENT|DATABASE|AUTHENTICATION)_/
/** Prefix of variables that no other program than Evolution API has. */
const OWN_PREFIX = 'SQS_GLOBAL_'
/** Names with more different characters are not near. */
const NEAR = 2

/** Warnings about variables that are not settings but seem to be meant as such, each with the nearest setting. */
export function unknownSettings(given: readonly string[], known: readonly string[]): string[] {
  const ownKnown = known.filter((name) => name.startsWith(OWN_PREFIX))
  return given.flatMap((name) => {
    if (known.includes(name) || !SHARED_PREFIX.test(name)) return []
    const own = name.startsWith(OWN_PREFIX)
    const longer = own && ownKnown.find((setting) => setting.startsWith(name))
    const nearest = longer || closest(name, own ? ownKnown : known)
    return own || distance(name, nearest) <= NEAR ? [`${name} is not a setting; did you mean ${nearest}?`] : []
  })
}
