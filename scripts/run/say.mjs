/** Tells the person at the terminal one thing, on stderr. */
export function say(line) {
  process.stderr.write(`parley: ${line}\n`)
}
