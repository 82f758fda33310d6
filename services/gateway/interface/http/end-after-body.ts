import type { ServerResponse } from 'node:http'
import { endGuarded, type StallOptions } from './stall-guard.ts'

/** How long a refused client may go on sending its body. */
const lingerMs = 2_000

/**
 * Answers a client that is still sending a body nobody will read: drops what comes, and closes once it has stopped or
 * its time is over. Closing at once would reset the connection, and the client would never see why it was refused.
 */
export function endAfterBody(raw: ServerResponse, text: string, options: StallOptions): void {
  const { req } = raw
  raw.write(text)
  const finish = () => {
    clearTimeout(timer)
    req.removeListener('end', finish)
    req.removeListener('close', finish)
    endGuarded(raw, undefined, options)
  }
  const timer = setTimeout(finish, lingerMs)
  req.once('end', finish)
  req.once('close', finish)
  req.resume()
}
