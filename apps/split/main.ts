import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { type SplitService, startSplit } from './start-split.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Runs every service as a process of its own on this machine: the same programs and variables as on several machines.
 * PORT is the gateway's; the services behind it use the ports after it. All end together.
 */
const basePort = Number(process.env.PORT ?? 8000)
if (!Number.isInteger(basePort) || basePort < 1 || basePort > 65_000) {
  process.stderr.write('PORT must be a whole number from 1 to 65000\n')
  process.exit(1)
}
const secret = process.env.PARLEY_INTERNAL_SECRET ?? randomBytes(32).toString('base64url')
const split = startSplit({ root, basePort, env: { ...process.env, PARLEY_INTERNAL_SECRET: secret } })

const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
process.on('SIGTERM', () => split.stop('SIGTERM'))
process.on('SIGINT', () => split.stop(atTerminal ? null : 'SIGINT'))
if (!atTerminal) process.on('SIGHUP', () => split.reload())
await split.ready().then(
  () => process.stdout.write(`${split.announcement}\n${table(split.services)}\n`),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
    split.stop('SIGTERM')
  },
)
const exitCode = await split.ended
process.exitCode ||= exitCode

function table(services: readonly SplitService[]): string {
  return services.map(({ name, port, pid }) => `  ${name.padEnd(9)} http://127.0.0.1:${port}  pid ${pid}`).join('\n')
}
