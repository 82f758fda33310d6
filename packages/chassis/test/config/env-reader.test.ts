import { test } from 'node:test'
import { ConfigError, EnvReader } from '../../config/env-reader.ts'

test('all problems are reported together, by name and without values', (t) => {
  const env = new EnvReader({ PORT: 'secret-value', LOG_LEVEL: 'loud', BASE_URL: 'ftp://secret-value', LIMIT: '0' })
  t.assert.equal(env.integer('PORT', { fallback: 8000, min: 1, max: 9 }), 8000)
  t.assert.equal(env.choice('LOG_LEVEL', { of: ['info', 'debug'], fallback: 'info' }), 'info')
  t.assert.equal(env.url('BASE_URL', { protocols: ['https:'] }), null)
  t.assert.equal(env.integer('LIMIT', { fallback: 5, min: 1, max: 9 }), 5)
  t.assert.throws(
    () => env.throwIfProblems(),
    (error: ConfigError) => {
      t.assert.deepEqual(
        error.problems.map((problem) => problem.split(' ')[0]),
        ['PORT', 'LOG_LEVEL', 'BASE_URL', 'LIMIT'],
      )
      t.assert.doesNotMatch(error.message, /secret-value|loud/)
      return error instanceof ConfigError
    },
  )
})

test('an empty value counts as absent', (t) => {
  const env = new EnvReader({ PORT: ' ', NAME: '' })
  t.assert.equal(env.integer('PORT', { fallback: 8000, min: 1, max: 9 }), 8000)
  t.assert.equal(env.text('NAME'), null)
  t.assert.doesNotThrow(() => env.throwIfProblems())
})

test('values are read as what they are', (t) => {
  const env = new EnvReader({ PORT: '7', LEVEL: 'debug', URL: 'http://host:1/path' })
  t.assert.equal(env.integer('PORT', { fallback: 1, min: 1, max: 9 }), 7)
  t.assert.equal(env.choice('LEVEL', { of: ['info', 'debug'], fallback: 'info' }), 'debug')
  t.assert.equal(env.url('URL', { protocols: ['http:'] })?.host, 'host:1')
})
