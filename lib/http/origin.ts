/** Pattern of an origin as browsers send it (RFC 6454, section 7): in lower case, without a path; `null` for a page without one. */
export const ORIGIN = '^(null|[a-z][a-z0-9+.-]*://[^\\s/?#A-Z]+)$'
