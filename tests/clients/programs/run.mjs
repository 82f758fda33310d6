// node run.mjs <client>: runs the checks of one client and writes one JSON line about each to stdout.
import './resolve-installed.mjs'
import { setTimeout as delay } from 'node:timers/promises'

const checkTimeoutMs = 60_000
const reasonCharsMax = 400

// A client that rejects somewhere else while it is cancelled must not end the other checks.
process.on('unhandledRejection', (error) => process.stderr.write(`unhandled: ${describe(error)}\n`))

const { checks } = await import(`./${process.argv[2]}.mjs`)
for (const { capability, name, run } of checks) {
  const startedMs = performance.now()
  const reason = await attempt(run)
  const durationMs = Math.round(performance.now() - startedMs)
  const status = reason === null ? 'passed' : 'failed'
  process.stdout.write(`${JSON.stringify({ capability, name, status, reason, durationMs })}\n`)
}
process.exit(0)

async function attempt(run) {
  try {
    const timeout = delay(checkTimeoutMs).then(() => {
      throw new Error(`took longer than ${checkTimeoutMs / 1_000} s`)
    })
    timeout.catch(() => {})
    await Promise.race([run(), timeout])
    return null
  } catch (error) {
    return describe(error)
  }
}

function describe(error) {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.replace(/\s+/g, ' ').slice(0, reasonCharsMax)
}
