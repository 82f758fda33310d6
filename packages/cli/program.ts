import type { Env } from '@parley/chassis/config/env-reader.ts'
import { Command, InvalidArgumentError } from 'commander'

/** The commands of `parley`. What a command needs is loaded when it is run, so that `--help` answers at once. */
export function createProgram(env: Env): Command {
  const program = new Command('parley').description('A GPT backend that grows from one process into microservices')
  program
    .command('topology')
    .description('show who would run where with the present environment')
    .action(async () => {
      const { topology } = await import('./commands/topology.ts')
      process.stdout.write(`${topology(env)}\n`)
    })
  program
    .command('simulate')
    .description('serve the simulated model over HTTP as an OpenAI-compatible provider')
    .option('--port <port>', 'port on 127.0.0.1', parsePort, 8088)
    .action(async ({ port }: { port: number }) => {
      const { simulate } = await import('./commands/simulate.ts')
      await simulate({ port })
    })
  const events = program.command('events').description('events that no subscriber could take')
  events
    .command('list')
    .description('show the parked events of every service')
    .action(async () => {
      const { listParked } = await import('./commands/events.ts')
      process.stdout.write(`${await listParked(env)}\n`)
    })
  for (const [action, what] of Object.entries(parkedActions)) {
    events
      .command(`${action} <id>`)
      .description(what)
      .action(async (id: string) => {
        const { settleParked } = await import('./commands/events.ts')
        process.stdout.write(`${await settleParked(env, action as keyof typeof parkedActions, id)}\n`)
      })
  }
  return program
}

const parkedActions = {
  replay: 'send a parked event again',
  skip: 'give up a parked event and go on with the next of its key',
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('a port is a whole number up to 65535')
  return port
}
