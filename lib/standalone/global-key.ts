/** Pattern of the global key. Clients encode other characters in different ways in a header. */
export const GLOBAL_KEY = '^[ -~]{8,}$'
export const GLOBAL_KEY_FORM = '8 characters or more, of printable ASCII'
