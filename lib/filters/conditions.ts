import { filterFault } from './faults.ts'
import { look } from './work.ts'

/** Tests the value of a member, `undefined` if it is absent. An array matches if one of its items does. */
export type Condition = (value: unknown) => boolean

type Scalar = string | number | boolean | null
type Comparison = '=' | '<' | '<=' | '>' | '>='

const COMPARISONS: Readonly<Record<Comparison, (value: number, limit: number) => boolean>> = {
  '=': (value, limit) => value === limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit
}

/** The operators that "anything-but" can deny. */
const TEXT_OPERATORS = ['prefix', 'suffix', 'equals-ignore-case']

/** The supported operators of Amazon SNS, each with the function that reads its operand. */
const OPERATORS: Readonly<Record<string, (operand: unknown, path: string) => Condition>> = {
  prefix: (operand, path) => {
    const start = text(operand, path)
    return anyText((value) => value.startsWith(start))
  },
  suffix: (operand, path) => {
    const end = text(operand, path)
    return anyText((value) => value.endsWith(end))
  },
  'equals-ignore-case': (operand, path) => {
    const lower = text(operand, path).toLowerCase()
    return anyText((value) => value.toLowerCase() === lower)
  },
  'anything-but': anythingBut,
  exists: (operand, path) => {
    if (typeof operand !== 'boolean') throw filterFault('existsNotBoolean', path)
    return (value) => (value !== undefined) === operand
  },
  numeric
}

/**
 * Reads one entry of the list of a member: a value, or an object with one operator.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 * @param path the entry, for messages @throws {FilterInvalidError}
 */
export function readCondition(entry: unknown, path: string): Condition {
  assertFinite(entry, path)
  if (isScalar(entry)) return any((value) => value === entry)
  const [[operator, operand] = ['', undefined], ...others] = Object.entries(entry ?? {})
  const read = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined
  if (!read || others.length > 0 || Array.isArray(entry)) {
    throw filterFault('conditionInvalid', path, Object.keys(OPERATORS).join(', '))
  }
  const operandPath = `${path}.${operator}`
  for (const value of [operand].flat()) assertFinite(value, operandPath)
  return read(operand, operandPath)
}

function anythingBut(operand: unknown, path: string): Condition {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) {
    const [[operator, start] = ['', undefined], ...others] = Object.entries(operand)
    if (others.length > 0 || !TEXT_OPERATORS.includes(operator))
      throw filterFault('anythingButObject', path, TEXT_OPERATORS.join(', '))
    const texts = Array.isArray(start) ? start : [start]
    if (texts.length === 0) throw filterFault('textsEmpty', `${path}.${operator}`)
    const refused = texts.map((item) => readCondition({ [operator]: item }, path))
    return anyText((value) => !refused.some((matches) => matches(value)))
  }
  const values: unknown[] = Array.isArray(operand) ? operand : [operand]
  if (values.length === 0 || !values.every((value) => typeof value === 'string' || typeof value === 'number'))
    throw filterFault('anythingButValues', path)
  const refused = new Set<unknown>(values)
  return any((value) => !refused.has(value))
}

/** Reads comparisons such as `[">=", 1, "<", 10]`: all of them must hold. */
function numeric(operand: unknown, path: string): Condition {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4))
    throw filterFault('numericInvalid', path)
  const tests: ((value: number) => boolean)[] = []
  for (let at = 0; at < operand.length; at += 2) {
    const [comparison, limit] = operand.slice(at) as [unknown, unknown]
    if (typeof comparison !== 'string' || !Object.hasOwn(COMPARISONS, comparison) || typeof limit !== 'number')
      throw filterFault('numericInvalid', path)
    const holds = COMPARISONS[comparison as Comparison]
    tests.push((value: number) => holds(value, limit))
  }
  return any((value) => typeof value === 'number' && tests.every((holds) => holds(value)))
}

/** JSON has numbers that JavaScript reads as infinity, and would store as null. */
function assertFinite(value: unknown, path: string): void {
  if (value === Infinity || value === -Infinity) throw filterFault('numberTooLarge', path)
}

function text(operand: unknown, path: string): string {
  if (typeof operand !== 'string' || operand === '') throw filterFault('textEmpty', path)
  return operand
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function anyText(test: (value: string) => boolean): Condition {
  return any((value) => typeof value === 'string' && test(value))
}

/** A condition on a scalar, or on one of the items of an array. */
function any(test: (value: Scalar) => boolean): Condition {
  return one

  function one(value: unknown): boolean {
    look()
    return Array.isArray(value) ? value.some(one) : isScalar(value) && test(value)
  }
}
