import type { ParleyConfigFile } from './config-file.ts'

/** A part of the configuration file that a service reads. */
export interface FileSection {
  readonly description: string
  /** Whether a change is used without a restart. */
  readonly isLive: boolean
}

export type FileSections = Readonly<Partial<Record<Exclude<keyof ParleyConfigFile, 'settings'>, FileSection>>>
