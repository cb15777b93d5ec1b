import { readdirSync, readFileSync } from 'node:fs'

/** Bytes, and descriptors. */
export interface ProcessMemory {
  /** What glibc's `malloc` has: the heap of the main thread, and the arenas of the others. */
  malloc: number
  /** Pages of files: the program and its libraries. */
  files: number
  descriptors: number
}

/** Arenas of threads lie at multiples of it. https://sourceware.org/glibc/wiki/MallocInternals */
const ARENA = 64n * 1_048_576n
const MAPPING = /^([0-9a-f]+)-[0-9a-f]+ \S+ \S+ \S+ (\d+) *(.*)$/

/** What the kernel says of a process. Linux only. */
export function processMemory(pid: number): ProcessMemory {
  const memory = { malloc: 0, files: 0 }
  let kind: 'malloc' | 'files' | undefined
  let arenaEnd = 0n
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const [, start, inode, name] = MAPPING.exec(line) ?? []
    if (start !== undefined) {
      const from = BigInt(`0x${start}`)
      if (inode === '0' && name === '' && from % ARENA === 0n) arenaEnd = from + ARENA
      kind = inode !== '0' ? 'files' : name === '[heap]' || (name === '' && from < arenaEnd) ? 'malloc' : undefined
    }
    const [, kB] = /^Rss: +(\d+) kB$/.exec(line) ?? []
    if (kind && kB !== undefined) memory[kind] += Number(kB) * 1_024
  }
  return { ...memory, descriptors: readdirSync(`/proc/${pid}/fd`).length }
}
