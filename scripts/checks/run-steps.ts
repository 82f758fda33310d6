/** One thing to check. `find` resolves to what is wrong, each entry complete in itself; none means well. */
export interface Step {
  name: string
  find(root: string): Promise<string[]>
}

/** Runs the steps, `atOnce` at a time; prints a line for each and what is wrong. Returns the names of those that failed. */
export async function runSteps(root: string, steps: readonly Step[], atOnce: number): Promise<string[]> {
  const waiting = [...steps]
  const failed: string[] = []
  const lane = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (!(await runStep(root, step))) failed.push(step.name)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return failed
}

async function runStep(root: string, { name, find }: Step): Promise<boolean> {
  const startedMs = performance.now()
  const problems = await find(root).catch((error: Error) => [error.message])
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(5)
  const well = problems.length === 0
  console.log(`${well ? 'ok  ' : 'FAIL'} ${seconds} s  ${name}`)
  for (const problem of problems) console.log(problem.replace(/^/gm, '     '))
  return well
}
