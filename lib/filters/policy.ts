import { look } from './work.ts'
import { type Condition, readCondition } from './conditions.ts'
import { filterFault } from './faults.ts'

/** Levels of objects in a policy. */
const MAX_LEVELS = 12
/** Conditions in a policy. */
const MAX_CONDITIONS = 150

/**
 * Compiles a policy. Each member must match one condition of its list. An array of objects matches if one of them does.
 * https://docs.aws.amazon.com/sns/latest/dg/attribute-key-matching.html
 * @param field name of the policy, for messages @throws {FilterInvalidError}
 */
export function compilePolicy(policy: unknown, field: string): Condition {
  let conditions = 0
  return compile(policy, field, 1)

  function compile(rules: unknown, path: string, level: number): Condition {
    if (!isObject(rules) || Object.keys(rules).length === 0) throw filterFault('policyEmpty', path)
    if (level > MAX_LEVELS) throw filterFault('filterTooDeep', field, MAX_LEVELS)
    const members = Object.entries(rules).map(([name, rule]) =>
      name === '$or' ? either(rule, `${path}.$or`, level) : member(name, rule, { path: `${path}.${name}`, level })
    )
    return (value) => ofItems(value, (item) => members.every((matches) => matches(item)))
  }

  function either(rules: unknown, path: string, level: number): Condition {
    if (!Array.isArray(rules) || rules.length < 2) throw filterFault('choiceTooShort', path)
    const policies = rules.map((rule, index) => compile(rule, `${path}[${index}]`, level + 1))
    return (value) => policies.some((matches) => matches(value))
  }

  function member(name: string, rule: unknown, { path, level }: { path: string; level: number }): Condition {
    const matches = Array.isArray(rule) ? list(rule, path) : nested(rule, path, level)
    return (value) => matches(isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined)
  }

  function list(entries: readonly unknown[], path: string): Condition {
    conditions += entries.length
    if (conditions > MAX_CONDITIONS) throw filterFault('filterTooManyConditions', field, MAX_CONDITIONS)
    if (entries.length === 0) throw filterFault('listEmpty', path)
    const read = entries.map((entry, index) => readCondition(entry, `${path}[${index}]`))
    return (value) => read.some((matches) => matches(value))
  }

  function nested(rule: unknown, path: string, level: number): Condition {
    if (!isObject(rule)) throw filterFault('memberInvalid', path)
    return compile(rule, path, level + 1)
  }
}

/** Returns true if a value matches or, in an array, one of its items. */
function ofItems(value: unknown, matches: Condition): boolean {
  look()
  return Array.isArray(value) ? value.some((item) => ofItems(item, matches)) : matches(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
