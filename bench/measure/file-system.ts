import { statfsSync } from 'node:fs'

/** As the kernel's headers number them: tmpfs, ramfs. */
const MEMORY_FILE_SYSTEMS = new Set([0x0102_1994, 0x8584_58f6])

/** True when files of the folder are kept in memory, where waiting for the disk costs nothing. */
export function isInMemory(folder: string): boolean {
  return MEMORY_FILE_SYSTEMS.has(statfsSync(folder).type)
}
