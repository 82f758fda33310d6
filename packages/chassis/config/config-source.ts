import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import type { ParleyConfigFile } from './config-file.ts'
import { fileProblems } from './config-file-problems.ts'
import { ConfigError } from './env-reader.ts'
import { importData } from './import-data.ts'

/** Where the configuration file of a process comes from. */
export interface ConfigSource {
  /** The file, once one was found; null while there is none. */
  readonly path: string | null
  /** Reads the file from the disk, now. Throws ConfigError, whose problems have no values. */
  load(): Promise<LoadedFile>
}

export interface LoadedFile {
  readonly file: ParleyConfigFile
  /** How problems call it. */
  readonly fileName: string
}

/** What a configuration file is called that nothing names. */
export const configFileName = 'parley.config.ts'
const defaultNames = [configFileName, 'parley.config.json']
const bytesMax = 1024 * 1024
/** What is read where there is no file. */
export const noConfigFile: LoadedFile = { file: {}, fileName: configFileName }

/** A file that does not change, for programs that have their configuration at hand. */
export function fixedConfig(file: ParleyConfigFile = {}): ConfigSource {
  const loaded = { ...noConfigFile, file }
  return { path: null, load: async () => loaded }
}

/**
 * The file that `path` names, relative to `folder`, or else the one of the default names that is there. One that was found
 * once must be there from then on: an empty configuration in its place would stop everything it had set up.
 */
export class ConfigFileSource implements ConfigSource {
  readonly #folder: string
  #path: string | null

  constructor({ folder, path }: { folder: string; path: string | null }) {
    this.#folder = folder
    this.#path = path === null ? null : resolve(folder, path)
  }

  get path(): string | null {
    return this.#path
  }

  async load(): Promise<LoadedFile> {
    this.#path ??= this.#find()
    if (this.#path === null) return noConfigFile
    const fileName = basename(this.#path)
    const content = extname(this.#path) === '.json' ? await readJson(this.#path) : await importData(this.#path)
    const problems = fileProblems(fileName, content)
    if (problems.length > 0) throw new ConfigError(problems)
    return { file: content as ParleyConfigFile, fileName }
  }

  #find(): string | null {
    const found = defaultNames.map((name) => join(this.#folder, name)).filter((path) => existsSync(path))
    if (found.length > 1) {
      throw new ConfigError([`${defaultNames.join(' and ')} are both there: keep one, or name one in PARLEY_CONFIG`])
    }
    return found[0] ?? null
  }
}

async function readJson(path: string): Promise<unknown> {
  const name = basename(path)
  let text: string
  try {
    if ((await stat(path)).size > bytesMax) throw new ConfigError([`${name} has more than ${bytesMax} bytes`])
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new ConfigError([`${name} cannot be read (${code}): PARLEY_CONFIG says where it is`])
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ConfigError([`${name} is not JSON${placeOf(error, text)}`])
  }
}

/** The parser's own message repeats what it read. */
function placeOf(error: unknown, text: string): string {
  const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
  return position === undefined ? '' : ` in line ${text.slice(0, Number(position)).split('\n').length}`
}
