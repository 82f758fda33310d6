import { request } from 'node:http'

/**
 * What an image asks to know whether its container is healthy: ends well when this machine's process answers /readyz
 * with yes, on the port for clients or on the one for other processes. Both give the same answer, but not every
 * process listens on both.
 */
const timeoutMs = 4_000
const ports = new Set([process.env.PORT, process.env.INTERNAL_PORT].filter((port) => port !== undefined))
const answers = await Promise.all([...ports].map(isReady))
process.exitCode = answers.includes(true) ? 0 : 1

function isReady(port: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/readyz', timeout: timeoutMs }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    asked.once('timeout', () => asked.destroy())
    asked.once('error', () => resolve(false))
    asked.end()
  })
}
