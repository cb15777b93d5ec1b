import { isTraceparent } from '../telemetry/trace-context.ts'
import type { NewEvent } from './event.ts'

/** The members of a message after `offset`: the trace context, and members that the caller added. */
type Extras = Pick<NewEvent, 'traceparent' | 'extra'>

const NAME = '"traceparent":"'
const TRACEPARENT_LENGTH = 55
const END = NAME.length + TRACEPARENT_LENGTH

/** The members as JSON text without braces, `traceparent` first: the form that messages have and stores keep. */
export function writeExtras({ traceparent, extra }: Extras): string {
  if (traceparent === undefined) return extra
  return extra === '' ? `${NAME}${traceparent}"` : `${NAME}${traceparent}",${extra}`
}

/** The inverse of `writeExtras`. A first member `traceparent` that is no trace context belongs to `extra`. */
export function readExtras(text: string): Extras {
  if (text.startsWith(NAME)) {
    const traceparent = text.slice(NAME.length, END)
    const rest = text.slice(END)
    if (isTraceparent(traceparent) && (rest === '"' || rest.startsWith('",')))
      return { traceparent, extra: rest.slice(2) }
  }
  return { traceparent: undefined, extra: text }
}
