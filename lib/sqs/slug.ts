/** Replaces what SQS does not accept in names of queues: `São Paulo` becomes `Sao-Paulo`. */
export function slugOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
}
