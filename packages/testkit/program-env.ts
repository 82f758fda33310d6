/** What a program of a test gets from the tests' own environment: where things are, and what Node has compiled already. */
const inherited = ['PATH', 'HOME', 'NODE_COMPILE_CACHE']

/** The environment of a program that is to know nothing of the tests' own, with `env` on top. */
export function programEnv(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  const found = inherited.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(found), ...env }
}
