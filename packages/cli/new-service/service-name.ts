/** A service's name in every form in which code writes it. */
export interface ServiceName {
  /** `usage-export`: its folder, contract and package. */
  readonly name: string
  /** `usageExport` */
  readonly camelName: string
  /** `UsageExport` */
  readonly Name: string
  /** `USAGE_EXPORT`: with what the names of its variables begin. */
  readonly NAME: string
}

const charsMax = 30

/** Words that a configuration, a database or the generated code gives another meaning. */
const reserved = new Set([
  ...['all', 'none', 'parley', 'public', 'pg', 'test'],
  ...['contract', 'contracts', 'migrations', 'service', 'services', 'settled', 'envelope', 'providers', 'pairs'],
  ...['await', 'break', 'case', 'catch', 'class', 'const', 'continue', 'debugger', 'default', 'delete', 'do', 'else'],
  ...['enum', 'export', 'extends', 'false', 'finally', 'for', 'function', 'if', 'implements', 'import', 'in'],
  ...['instanceof', 'interface', 'let', 'new', 'null', 'package', 'private', 'protected', 'return', 'static'],
  ...['super', 'switch', 'this', 'throw', 'true', 'try', 'typeof', 'var', 'void', 'while', 'with', 'yield'],
  ...['arguments', 'eval'],
])

export function formsOf(name: string): ServiceName {
  const words = name.split('-')
  const Name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return {
    name,
    Name,
    camelName: Name.charAt(0).toLowerCase() + Name.slice(1),
    NAME: words.join('_').toUpperCase(),
  }
}

/** Why a service cannot have this name, in words; null when it can. `taken` are the names of all packages. */
export function nameProblem(name: string, taken: ReadonlySet<string>): string | null {
  if (!/^[a-z]+(?:-[a-z]+)*$/.test(name)) {
    return `'${name}' cannot be the name of a service: use lowercase letters, words separated by one hyphen (billing, usage-export)`
  }
  if (name.length > charsMax) return `'${name}' is too long for the name of a service: ${charsMax} characters at most`
  if (taken.has(name)) return `'${name}' is taken: there is a package @parley/${name} already`
  if (reserved.has(name)) return `'${name}' has another meaning in code or configuration: choose another name`
  return null
}
