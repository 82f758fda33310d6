import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const versionMin = 17

/** Where the jars come from. */
export function mavenRepositoryUrl(): string {
  return process.env.MAVEN_REPOSITORY_URL ?? 'https://repo1.maven.org/maven2'
}

/** Throws in words when there is no Java that `program` could run on. */
export async function assertJava(program: string): Promise<void> {
  const wanted = `${program} needs Java ${versionMin} or newer on the PATH`
  const { stderr } = await promisify(execFile)('java', ['-version']).catch(() => {
    throw new Error(`${wanted}; there is none`)
  })
  const version = /version "(\d+)/.exec(stderr)?.[1]
  if (version === undefined || Number(version) < versionMin) {
    throw new Error(`${wanted}; this is: ${stderr.split('\n')[0]}`)
  }
}
