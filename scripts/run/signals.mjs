const passed = ['SIGINT', 'SIGTERM', 'SIGHUP']
const sentByTerminals = ['SIGINT', 'SIGHUP']

/**
 * Passes signals on to `child` and keeps this process alive meanwhile. Returns a function that ends this and returns
 * the signal that came, or null.
 *
 * A terminal sends its signals to every process in the foreground, the child included: passing these on would give the
 * child a second one, which programs that drain take for impatience.
 */
export function passSignals(child) {
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  let received = null
  const listeners = passed.map((signal) => [
    signal,
    () => {
      received = signal
      if (!(atTerminal && sentByTerminals.includes(signal))) child.kill(signal)
    },
  ])
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
    return received
  }
}
