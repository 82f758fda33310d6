import type { Env } from '@parley/chassis/config/env-reader.ts'
import type { Command } from 'commander'

/** `parley backup` and `parley restore`, for data in SQLite files. */
export function addBackup(program: Command, env: Env): void {
  program
    .command('backup <folder>')
    .description('copy the SQLite databases of a Parley that may be running, all as of one moment')
    .action(async (folder: string) => {
      const { runBackUp } = await import('./commands/backup.ts')
      process.stdout.write(`${await runBackUp(env, process.cwd(), folder)}\n`)
    })
  program
    .command('restore <folder>')
    .description('put the databases of a backup in place; Parley must be stopped')
    .option('--replace', 'replace databases that are there', false)
    .action(async (folder: string, { replace }: { replace: boolean }) => {
      const { runRestore } = await import('./commands/backup.ts')
      process.stdout.write(`${await runRestore(env, process.cwd(), { folder, replace })}\n`)
    })
}
