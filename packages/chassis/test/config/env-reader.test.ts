import { test } from 'node:test'
import { ConfigError, EnvReader } from '../../config/env-reader.ts'
import { choiceSetting, integerSetting, listSetting, textSetting, urlSetting } from '../../config/setting.ts'

const description = 'A setting.'
const port = integerSetting('PORT', { description, fallback: 8000, min: 1, max: 9 })
const level = choiceSetting('LOG_LEVEL', { description, of: ['info', 'debug'], fallback: 'info' })
const baseUrl = urlSetting('BASE_URL', { description, protocols: ['http:', 'https:'] })
const name = textSetting('NAME', { description, fallback: null })
const names = listSetting('NAMES', { description, fallback: ['a'], format: 'names', accepts: /^[a-z]+$/ })
const secret = textSetting('SECRET', { description, fallback: null, isSecret: true })

function problemsOf(env: EnvReader): readonly string[] {
  try {
    env.throwIfProblems()
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.problems : [String(error)]
  }
}

test('all problems are reported together, by name and without values', (t) => {
  const env = new EnvReader({ PORT: 'hidden', LOG_LEVEL: 'loud', BASE_URL: 'ftp://hidden', NAMES: 'a,HIDDEN' })
  t.assert.equal(env.read(port), 8000)
  t.assert.equal(env.read(level), 'info')
  t.assert.equal(env.read(baseUrl), null)
  t.assert.deepEqual(env.read(names), ['a'])
  const problems = problemsOf(env)
  t.assert.deepEqual(
    problems.map((problem) => problem.split(' ')[0]),
    ['PORT', 'LOG_LEVEL', 'BASE_URL', 'NAMES'],
  )
  t.assert.doesNotMatch(problems.join(), /hidden|loud/i)
})

test('an empty value counts as absent', (t) => {
  const env = new EnvReader({ PORT: ' ', NAME: '' })
  t.assert.equal(env.read(port), 8000)
  t.assert.equal(env.read(name), null)
  t.assert.deepEqual(problemsOf(env), [])
})

test('values are read as what they are', (t) => {
  const env = new EnvReader({ PORT: '7', LOG_LEVEL: 'debug', BASE_URL: 'http://host:1/path', NAMES: 'none' })
  t.assert.deepEqual(env.readAll({ port, level, names }), { port: 7, level: 'debug', names: [] })
  t.assert.equal(env.read(baseUrl)?.host, 'host:1')
})

test('the environment comes before the file, and the file before the default', (t) => {
  const env = new EnvReader({ PORT: '7' }, { settings: { PORT: 8, LOG_LEVEL: 'debug' } })
  t.assert.deepEqual(env.readAll({ port, level, names }), { port: 7, level: 'debug', names: ['a'] })
  t.assert.deepEqual(
    [...env.found.values()].map(({ source }) => source),
    [{ from: 'environment' }, { from: 'file', field: 'settings.LOG_LEVEL' }, { from: 'default' }],
  )
})

test('a secret is taken from the file that its variable names', (t) => {
  const files: Record<string, string> = { '/run/secret': 'hidden' }
  const readSecretFile = (path: string) => ({ text: files[path] ?? '' })
  const env = new EnvReader({ SECRET_FILE: '/run/secret' }, {}, { readSecretFile })
  t.assert.equal(env.read(secret), 'hidden')
  t.assert.deepEqual(env.found.get('SECRET')?.source, { from: 'secret-file', path: '/run/secret' })
})

test('a secret that is given twice, or that its file does not give, is refused by name', (t) => {
  const env = new EnvReader({ SECRET: 'hidden', SECRET_FILE: '/nowhere' }, { settings: { SECRET: 'hidden' } })
  env.read(secret)
  const problems = problemsOf(env)
  t.assert.equal(problems.length, 3)
  t.assert.match(problems[0] ?? '', /^parley.config.ts: settings.SECRET is a secret/)
  t.assert.match(problems[1] ?? '', /^SECRET and SECRET_FILE are both set/)
  t.assert.match(problems[2] ?? '', /^SECRET_FILE names a file that cannot be read \(ENOENT\)/)
  t.assert.doesNotMatch(problems.join(), /hidden/)
})
