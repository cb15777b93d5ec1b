import { SharedValues } from '../json/shared-values.ts'
import { type MemberTree, withoutMembers } from '../json/without-members.ts'
import { filterFault } from './faults.ts'
import type { WithData } from './parsed-data.ts'

/** Members of `data` that a transport leaves out, as paths such as `data.message.base64`. Paths go through arrays. */
export type Omission = readonly string[]

const MAX_PATHS = 50
const MAX_CHARACTERS = 200
/** Without `*` and `[`, which look like wildcards and places of items: a path goes through all items of an array. */
const PATH = /^data(\.[^.*[\]]+)+$/

const omissions = new SharedValues<Omission>()
const results = new WeakMap<Omission, WeakMap<WithData, string>>()

/**
 * Checks a list of paths.
 * @param field its name, for messages @returns the shared, frozen list that is equal to it; `undefined` if it is empty
 * @throws {FilterInvalidError}
 */
export function checkOmission(value: unknown, field: string): Omission | undefined {
  if (!Array.isArray(value) || value.length > MAX_PATHS) throw filterFault('omitNotList', field, MAX_PATHS)
  for (const [index, path] of value.entries()) {
    if (typeof path !== 'string' || path.length > MAX_CHARACTERS || !PATH.test(path))
      throw filterFault('omitNotPath', `${field}[${index}]`)
  }
  return value.length === 0 ? undefined : omissions.of(value as string[])
}

/** Returns the list that a store holds as JSON text. */
export function storedOmission(json: string): Omission {
  return omissions.ofJson(json)
}

/** Returns the shared, frozen list that is equal to a stored one. */
export function sharedOmission(omission: Omission): Omission {
  return omissions.of(omission)
}

/** Returns a copy of an event without the listed members, or the event itself if it has none of them. */
export function withoutOmitted<E extends WithData>(event: E, omission: Omission | undefined): E {
  if (!omission) return event
  const data = remaining(event, omission)
  return data === event.data ? event : { ...event, data }
}

function remaining(event: WithData, omission: Omission): string {
  let known = results.get(omission)
  if (!known) results.set(omission, (known = new WeakMap()))
  let data = known.get(event)
  if (data === undefined) {
    const paths = omission.map((path) => path.split('.').slice(1)).filter((path) => mayHave(event.data, path))
    data = paths.length === 0 ? event.data : withoutMembers(event.data, treeOf(paths))
    known.set(event, data)
  }
  return data
}

/**
 * Returns false if no member has the last name of a path. Text with `\u` or `\/` always passes: it may have the name in
 * another form than `JSON.stringify` writes it.
 */
function mayHave(data: string, path: readonly string[]): boolean {
  const name = JSON.stringify(path.at(-1))
  return data.includes(name) || /\\[u/]/.test(data)
}

/** One tree for all paths, so that one pass cuts out the members of all of them. */
function treeOf(paths: readonly (readonly string[])[]): MemberTree {
  const root: MemberTree = new Map()
  for (const path of paths) {
    let tree = root
    for (const [at, name] of path.entries()) {
      const known = tree.get(name)
      if (known === 'omitted') break
      const next: MemberTree = known ?? new Map()
      tree.set(name, at === path.length - 1 ? 'omitted' : next)
      tree = next
    }
  }
  return root
}
