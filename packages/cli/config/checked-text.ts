import type { CheckedConfig, CheckedValue } from './check-config.ts'

/** For people: every value with where it comes from, then everything that is wrong. */
export function checkedText({ services, file, values, problems, unknown, shadowed }: CheckedConfig): string {
  const groups = [...new Set(values.map(({ group }) => group))]
  const width = Math.max(0, ...values.map(({ name }) => name.length))
  const lines = [
    `A process that is started here runs: ${services.join(', ')}`,
    `Its configuration file: ${file ?? 'none'}`,
    ...groups.flatMap((group) => [
      '',
      group,
      ...values.filter((value) => value.group === group).map((value) => `  ${lineOf(value, width)}`),
    ]),
    ...section('It would not start:', problems),
    ...section(
      'These look like settings and are none:',
      unknown.map(
        ({ name, nearest, where }) =>
          `${name} (${where})${nearest === null ? ': unset it, or see docs/configuration.md' : `: did you mean ${nearest}?`}`,
      ),
    ),
    ...section(
      'These are in the file and not used, since environment variables come first:',
      shadowed.map((name) => `${name}: unset the variable, or take it out of the file`),
    ),
  ]
  return lines.join('\n')
}

function lineOf({ name, value, source, where, live }: CheckedValue, width: number): string {
  const origin = { default: 'default', environment: 'environment', file: `file: ${where}`, 'secret-file': where }
  return [name.padEnd(width), value, `(${origin[source]}${live ? '; changes live' : ''})`].join('  ')
}

function section(title: string, entries: readonly string[]): string[] {
  return entries.length === 0 ? [] : ['', title, ...entries.map((entry) => `  - ${entry}`)]
}
