/** As much of a text as a message to a person repeats. */
export function excerpt(text: string, length = 80): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}
