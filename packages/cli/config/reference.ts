import { commandSettings } from '@parley/chassis/config/command-settings.ts'
import { secretFileSuffix } from '@parley/chassis/config/env-reader.ts'
import type { AnySetting } from '@parley/chassis/config/setting.ts'
import type { Contract } from '@parley/chassis/contract/define-contract.ts'
import type { AnyService } from '@parley/chassis/runtime/define-service.ts'
import { describeConfig, type SettingGroup } from '@parley/chassis/runtime/describe-config.ts'
import { configFileReference } from './file-reference.ts'

const titles: Readonly<Record<Exclude<SettingGroup, 'service'>, string>> = {
  process: 'Every process',
  placement: 'Where services run',
  events: 'Events',
  store: 'Databases',
  tracing: 'Traces',
}

/** `docs/configuration.md`: every setting of the system, from the definitions that read them. */
export function configReference(services: readonly AnyService[], contracts: readonly Contract[]): string {
  const described = services.flatMap((service) =>
    describeConfig(service, contracts).settings.map((entry) => ({
      ...entry,
      service: service.contract.name as string,
    })),
  )
  const shared = Object.entries(titles).map(([group, title]) => ({
    title,
    settings: described.filter((entry) => entry.group === group).map(({ setting }) => setting),
  }))
  const own = services.map(({ contract }) => ({
    title: `The service ${contract.name}`,
    settings: described
      .filter(({ group, service }) => group === 'service' && service === contract.name)
      .map(({ setting }) => setting),
  }))
  const tables = [...shared, ...own, { title: 'Commands', settings: Object.values(commandSettings) }]
  return (
    [intro, ...tables.map(({ title, settings }) => `## ${title}\n\n${table(settings)}`), configFileReference(), '']
      .join('\n\n')
      .trimEnd() + '\n'
  )
}

const intro = `# Configuration

Every setting, generated from the definitions that read it: \`npm run parley -- config reference\` prints this page.
\`npm run parley -- config check\` says what a process that is started in the present folder and environment would use,
and where each value comes from.

A value comes from the environment variable, or else from \`settings\` in the [configuration file](#the-configuration-file),
or else is the default. **Secrets** are never taken from the file; instead of the variable, \`<name>${secretFileSuffix}\` may name a
file that holds the secret. What is marked **live** is used within a second when its file changes, or at SIGHUP, without a
restart: see [the guide](guides/change-configuration-live.md).`

/** One line per name: services of one system share most of theirs. */
function table(settings: readonly AnySetting[]): string {
  const byName = new Map(settings.map((setting) => [setting.name, setting]))
  const rows = [...byName.values()].map(
    (setting) =>
      `| \`${setting.name}\` | ${notes(setting)} | ${cell(setting.format)} | ${cell(setting.shownDefault ?? 'none')} |`,
  )
  return ['| variable | what it does | value | default |', '|---|---|---|---|', ...rows].join('\n')
}

function notes({ description, isSecret, isLive }: AnySetting): string {
  const marks = [isSecret ? '**secret**' : null, isLive ? '**live**' : null].filter((mark) => mark !== null)
  return [cell(description), ...marks].join(' ')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<')
}
