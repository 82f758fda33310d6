import net from 'node:net'

/** ApiVersions (key 18, version 0) of a client without a name: length, key, version, correlation id, client id. */
const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])
const timeoutMs = 2_000

/** Whether a broker on this machine answers, which it does once it may be used. */
export function apiVersionsAnswer(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port, timeout: timeoutMs }, () => socket.write(request))
    const settle = (isReady: boolean) => {
      socket.destroy()
      resolve(isReady)
    }
    socket.once('data', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('timeout', () => settle(false))
    socket.once('close', () => settle(false))
  })
}
