import type { Env } from '@parley/chassis/config/env-reader.ts'
import type { Command } from 'commander'

interface DeployFlags {
  topology?: string
  check: boolean
  out?: string
}

const topologies = "all-in-one, split, grouped, production, or groups such as 'gateway;session;request+response;gpt'"

/** `parley deploy …`: ends with exit code 1 when files and definitions disagree. */
export function addDeploy(program: Command): void {
  const group = program.command('deploy').description('files that run Parley, from the definitions of its services')
  for (const platform of ['compose', 'kubernetes'] as const) {
    group
      .command(platform)
      .description(`write deploy/${platform}, or another topology to another folder`)
      .option('--topology <topology>', `${topologies}; without it, all that belong to the repository`)
      .option('--out <folder>', `where to write instead of deploy/${platform}`)
      .option('--check', 'write nothing, and say what differs from what is there', false)
      .action(async (flags: DeployFlags) => {
        const { deploy } = await import('./commands/deploy.ts')
        const { isFine, text } = await deploy(platform, flags)
        process.stdout.write(`${text}\n`)
        if (!isFine) process.exitCode = 1
      })
  }
  group
    .command('secrets')
    .description('make the secrets of a Compose installation, once')
    .option('--out <folder>', 'where to write instead of deploy/compose/secrets')
    .action(async ({ out }: { out?: string }) => {
      const { makeSecretFiles } = await import('./commands/deploy.ts')
      process.stdout.write(`${await makeSecretFiles(out)}\n`)
    })
}

/** `parley migrate`: what every service does at its start, without starting. */
export function addMigrate(program: Command, env: Env): void {
  program
    .command('migrate [services...]')
    .description('bring the databases of all or of the named services to the present schema, and end')
    .action(async (names: string[]) => {
      const { migrate } = await import('./commands/migrate.ts')
      process.stdout.write(`${await migrate(env, names)}\n`)
    })
}
