import type { Env } from '@parley/chassis/config/env-reader.ts'
import type { Command } from 'commander'

interface CheckFlags {
  json: boolean
  service?: string
}

/** `parley config …`: `check` ends with exit code 1 when something is wrong. */
export function addConfig(program: Command, env: Env): void {
  const group = program.command('config').description('the settings of a process and where they come from')
  group
    .command('check')
    .description('explain what a process that is started here would use, and everything that is wrong')
    .option('--json', 'write one JSON object instead of lines', false)
    .option('--service <name>', 'for the program of this service alone')
    .action(async (flags: CheckFlags) => {
      const { check } = await import('./commands/config.ts')
      const { isFine, text } = await check(env, process.cwd(), flags)
      process.stdout.write(`${text}\n`)
      if (!isFine) process.exitCode = 1
    })
  group
    .command('reference')
    .description('print the page that lists every setting')
    .action(async () => {
      const { reference } = await import('./commands/config.ts')
      process.stdout.write(reference())
    })
}
