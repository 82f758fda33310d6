import { choiceSetting, integerSetting, type Setting, setting, textSetting, urlSetting } from '../config/setting.ts'
import { internalSecretCharsMin } from '../contract/internal-auth.ts'
import { defaultRelayLimits } from '../events/relay-limits.ts'
import { variablePrefix } from '../placement/placement-settings.ts'
import { defaultConnectionsMax, isPostgresUrl } from '../store/open-store.ts'

const portRange = { min: 0, max: 65_535 }

/** What every process reads for itself, whichever services it runs. */
export const processSettings = {
  host: textSetting('HOST', {
    description: 'The address to listen on; 0.0.0.0 to be reached from other machines.',
    fallback: '127.0.0.1',
  }),
  port: integerSetting('PORT', {
    description:
      'The public port, where the gateway runs; for a process with one other service, its port for other services.',
    fallback: null,
    shownDefault: '8000; 8002 and up for a service alone',
    ...portRange,
  }),
  internalPort: integerSetting('INTERNAL_PORT', {
    description: 'The port for other services, when some run elsewhere.',
    fallback: null,
    shownDefault: '8001 for the gateway alone, 8010 for several services',
    ...portRange,
  }),
  advertisedUrl: urlSetting('ADVERTISED_URL', {
    description: 'Where other processes reach this very one, when it is one of several behind one address.',
    protocols: ['http:', 'https:'],
  }),
  ownAddress: textSetting('POD_IP', {
    description:
      'The IP address of this pod or machine: with the internal port, what ADVERTISED_URL is when it is not set.',
    format: 'an IP address',
    accepts: /^[0-9a-fA-F.:]+$/,
    fallback: null,
    shownDefault: 'HOST, or the first address that is not a loopback one when HOST means all',
  }),
  secrets: setting<readonly string[]>(
    'PARLEY_INTERNAL_SECRET',
    {
      description:
        'Signs calls between processes, which all share it. Needed when services run in several processes. With several lines, the first signs and all are accepted, so that it can be replaced without a failed call.',
      fallback: [],
      shownDefault: 'none',
      isSecret: true,
      isLive: true,
    },
    { format: `at least ${internalSecretCharsMin} characters; several secrets on a line each`, parse: parseSecrets },
  ),
  drainTimeoutMs: integerSetting('DRAIN_TIMEOUT_MS', {
    description: 'How long a stopping process may take to finish what is under way.',
    fallback: 25_000,
    min: 0,
    max: 600_000,
  }),
  logLevel: choiceSetting('LOG_LEVEL', {
    description: 'The least severe lines that are written.',
    of: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    fallback: 'info',
    isLive: true,
  }),
  logFormat: choiceSetting('LOG_FORMAT', {
    description: 'Lines for people, or JSON with ECS fields.',
    of: ['pretty', 'json'],
    fallback: null,
    shownDefault: 'pretty on a terminal, json elsewhere',
  }),
}

/** Where the configuration file is and how it is watched; read before the file is, so from the environment alone. */
export const configFileSettings = {
  path: textSetting('PARLEY_CONFIG', {
    description: 'The configuration file: a TypeScript module or JSON.',
    format: 'the path of a .ts or .json file',
    accepts: /\.(ts|json)$/,
    fallback: null,
    shownDefault: 'parley.config.ts or parley.config.json in the folder the process starts in, if there',
  }),
  pollMs: integerSetting('PARLEY_CONFIG_POLL_MS', {
    description: 'How often the configuration file and the files of secrets are looked at; 0 leaves it to SIGHUP.',
    fallback: 1_000,
    min: 0,
    max: 60 * 60_000,
  }),
}

/** Only of processes with services that keep data. */
export const storeSettings = {
  databaseUrl: databaseUrlSetting('DATABASE_URL', {
    description:
      'The database of every service without a URL of its own: a folder of SQLite files, or PostgreSQL with a schema per service.',
    shownDefault: 'sqlite: and the folder in PARLEY_DATA',
  }),
  dataFolder: textSetting('PARLEY_DATA', {
    description: 'The folder of the SQLite files, when DATABASE_URL is not set.',
    fallback: './data',
  }),
  durability: choiceSetting('PARLEY_DURABILITY', {
    description: 'What an acknowledgement survives: the end of the process, or the loss of power as well.',
    of: ['process', 'power'],
    fallback: 'process',
  }),
  outboxKeysMax: integerSetting('OUTBOX_KEYS_MAX', {
    description:
      'Of a service, so many requests, sessions and the like may have events that wait to be taken; while it is so many, what would publish more is refused.',
    fallback: defaultRelayLimits.keysMax,
    min: 1,
    max: 10_000_000,
  }),
  connectionsMax: integerSetting('DATABASE_POOL_MAX', {
    description: 'Connections to PostgreSQL that each service of a process may have open.',
    fallback: defaultConnectionsMax,
    min: 1,
    max: 1_000,
  }),
}

export function serviceDatabaseUrlSetting(service: string): Setting<string | null> {
  return databaseUrlSetting(`${variablePrefix(service)}_DATABASE_URL`, {
    description: `The database of the service ${service} alone.`,
    shownDefault: 'DATABASE_URL',
  })
}

function databaseUrlSetting(name: string, texts: { description: string; shownDefault: string }) {
  const format = 'sqlite:<folder> (sqlite:./data) or postgres://<user>@<host>/<database>'
  return setting<string | null>(
    name,
    {
      ...texts,
      description: `${texts.description} New connections use a changed password.`,
      fallback: null,
      isSecret: true,
      isLive: true,
      canChange: onlyPasswordDiffers,
    },
    {
      format,
      parse: (text) =>
        text.startsWith('sqlite:') || (isPostgresUrl(text) && URL.canParse(text))
          ? { value: text }
          : { problem: `must be ${format}` },
    },
  )
}

/** Whether two database URLs mean the same database and user. */
export function onlyPasswordDiffers(before: string | null, after: string | null): boolean {
  return before !== null && after !== null && withoutPassword(before) === withoutPassword(after)
}

function withoutPassword(text: string): string {
  if (!isPostgresUrl(text) || !URL.canParse(text)) return text
  const url = new URL(text)
  url.password = ''
  return url.href
}

function parseSecrets(text: string) {
  const secrets = text.split('\n').map((line) => line.trim())
  if (secrets.every((secret) => secret.length >= internalSecretCharsMin)) return { value: secrets }
  return { problem: `must have at least ${internalSecretCharsMin} characters, on every line if it has several` }
}
