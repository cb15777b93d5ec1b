const ISO_8601 = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$/

/**
 * Converts a time to ISO 8601 in UTC with milliseconds. A time without an offset is read as UTC. Returns `undefined` if
 * it is invalid.
 */
export function toUtc(text: string): string | undefined {
  if (!ISO_8601.test(text)) return undefined
  // `Date` reads 30 February as 2 March.
  const day = text.slice(0, 10)
  if (new Date(day).getUTCDate() !== Number(day.slice(8))) return undefined
  const withZone = text.includes('T') && !/(Z|[+-]\d{2}(:?\d{2})?)$/.test(text) ? `${text}Z` : text
  const time = new Date(withZone.replace(',', '.').replace(/([+-]\d{2})(\d{2})?$/, zoneWithColon))
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}

function zoneWithColon(zone: string, hours: string, minutes: string | undefined, at: number): string {
  // The end of a date without a time looks like a zone.
  return at < 11 ? zone : `${hours}:${minutes ?? '00'}`
}
