import type { Env } from '@parley/chassis/config/env-reader.ts'
import { Command, InvalidArgumentError } from 'commander'
import { addBackup } from './backup-commands.ts'
import { addConfig } from './config-commands.ts'
import { addDeploy, addMigrate } from './deploy-commands.ts'

/** The commands of `parley`. What a command needs is loaded when it is run, so that `--help` answers at once. */
export function createProgram(env: Env): Command {
  const program = new Command('parley').description('A GPT backend that grows from one process into microservices')
  program
    .command('topology')
    .description('show who would run where with the present environment')
    .action(async () => {
      const { topology } = await import('./commands/topology.ts')
      process.stdout.write(`${await topology(env, process.cwd())}\n`)
    })
  program
    .command('asyncapi')
    .description('print the AsyncAPI document of the events')
    .action(async () => {
      const { asyncapi } = await import('./commands/asyncapi.ts')
      process.stdout.write(`${asyncapi()}\n`)
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
  addRequests(program, env)
  addReconcile(program, env)
  addConfig(program, env)
  addBackup(program, env)
  addNew(program)
  addDeploy(program)
  addMigrate(program, env)
  return program
}

const parkedActions = {
  replay: 'send a parked event again',
  skip: 'give up a parked event and go on with the next of its key',
}

function addRequests(program: Command, env: Env): void {
  const requests = program.command('requests').description('accepted requests of a running Parley')
  requests
    .command('stuck')
    .description('list requests of every tenant that should have come further')
    .action(async () => {
      const { listStuck } = await import('./commands/requests.ts')
      process.stdout.write(`${await listStuck(env)}\n`)
    })
  requests
    .command('show <id>')
    .description('show a request and the steps it has gone through')
    .option('--tenant <tenant>', "whose it is, when not the key's own tenant's")
    .action(async (id: string, options: { tenant?: string }) => {
      const { showRequest } = await import('./commands/requests.ts')
      process.stdout.write(`${await showRequest(env, id, options)}\n`)
    })
}

/** Ends with exit code 1 when anything disagrees. */
function addReconcile(program: Command, env: Env): void {
  program
    .command('reconcile')
    .description('compare requests, attempts, ledger, budgets and transcripts of a running Parley')
    .option('--json', 'write one JSON object instead of lines', false)
    .option('--grace <seconds>', 'leave out what changed within this time', parseSeconds, 60)
    .action(async ({ json, grace }: { json: boolean; grace: number }) => {
      const { reconcile, reconciledText } = await import('./commands/reconcile.ts')
      const found = await reconcile(env, { graceSeconds: grace })
      process.stdout.write(`${json ? JSON.stringify(found) : reconciledText(found)}\n`)
      if (found.exceptions.length > 0) process.exitCode = 1
    })
}

function addNew(program: Command): void {
  program
    .command('new')
    .description('write the code of something new into this repository')
    .command('service <name>')
    .description('add a service that runs, with its tests, and register it')
    .option('--dry-run', 'only list the files', false)
    .action(async (name: string, options: { dryRun: boolean }) => {
      const { newService } = await import('./commands/new-service.ts')
      const outcome = await newService(name, options)
      if (outcome.status !== 'refused') process.stdout.write(`${outcome.text}\n`)
      else program.error(outcome.problem)
    })
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > 86_400)
    throw new InvalidArgumentError('a time is a whole number of seconds up to 86400')
  return seconds
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('a port is a whole number up to 65535')
  return port
}
