import type { Env } from '@parley/chassis/config/env-reader.ts'
import { backUp } from '../backup/back-up.ts'
import type { Manifest } from '../backup/manifest.ts'
import { restore } from '../backup/restore.ts'
import { sqliteFiles } from '../backup/sqlite-files.ts'

export async function runBackUp(env: Env, cwd: string, folder: string): Promise<string> {
  return textOf(await backUp(await sqliteFiles(env, cwd), folder), `is in ${folder}`)
}

export async function runRestore(
  env: Env,
  cwd: string,
  { folder, replace }: { folder: string; replace: boolean },
): Promise<string> {
  const text = textOf(await restore(await sqliteFiles(env, cwd), folder, { replace }), 'is restored')
  return `${text}\nstart Parley, and then: parley reconcile`
}

function textOf({ takenAt, files }: Manifest, what: string): string {
  const lines = files.map(({ service, file, bytes }) => `  ${service.padEnd(10)}${file}  ${bytes} bytes`)
  return [`the state of ${takenAt} ${what}`, ...lines].join('\n')
}
