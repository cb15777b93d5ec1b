import type { InstanceEventsError, MessageParams } from './error-class.ts'

/** Codes of `params` besides those of errors, keywords of JSON Schema and faults of filters. */
export type MessageCode =
  | 'backlogFull'
  | 'backlogShareFull'
  | 'bodiesFull'
  | 'bodyCut'
  | 'bodyEmpty'
  | 'bodyNotUtf8'
  | 'bodyUnexpected'
  | 'characters'
  | 'databaseAway'
  | 'diskFull'
  | 'erasing'
  | 'eventUnknown'
  | 'excludes'
  | 'fileChanged'
  | 'fileNotSynced'
  | 'goesWith'
  | 'jidInvalid'
  | 'keyRefused'
  | 'lengthDiffers'
  | 'logUnread'
  | 'logUnwritable'
  | 'nameDots'
  | 'nameLength'
  | 'nameOfRoute'
  | 'nestedTooDeep'
  | 'notJson'
  | 'nothingNamed'
  | 'numberTooLargeForJson'
  | 'oneRequired'
  | 'pagesUnread'
  | 'pathMalformed'
  | 'pathTooLong'
  | 'queuesNotReady'
  | 'rateExceeded'
  | 'recentlyRefused'
  | 'retainedExceeded'
  | 'standsAlone'
  | 'timeInvalid'
  | 'wrongKeys'

/** Adds what the message of an error says, for programs that write it in another language, and perhaps when to try again. */
export function saying<E extends Error>(
  error: E,
  params: MessageParams & { readonly code: MessageCode },
  again: Pick<InstanceEventsError, 'retryAfterMs'> = {}
): E {
  return Object.assign(error, { params: [params] }, again)
}
