/**
 * Pattern of an origin as browsers send it (RFC 6454, section 7): in lower case and ASCII (`xn--` for other letters), without a path or
 * the default port of its scheme, and without `*`, which would match nothing; `null` for a page without one.
 */
export const ORIGIN = '^(?=[!-~]+$)(?!https://.*:443$|http://.*:80$)(null|[a-z][a-z0-9+.-]*://[^\\s/?#A-Z*]+)$'
