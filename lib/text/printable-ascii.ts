/** Pattern of a text that all clients encode alike in a header, and that every database stores. */
export const PRINTABLE_ASCII = '^[ -~]*$'
