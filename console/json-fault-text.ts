import type { JsonFault } from './json-fault.ts'
import { texts } from './texts/current.ts'
import { formats } from './texts/formats.ts'

/** Says in the page's language where a text is not JSON. */
export function jsonFaultText({ line, column, isEnd }: JsonFault): string {
  const t = texts.value.send
  const { count } = formats.value
  return isEnd ? t.cutJson : t.notJson(count(line), count(column))
}
